"""What happens, in which order: the command line, the flow and its stages."""
