"""How right a model is, by the measures that its field publishes. Pure functions over predictions and gold."""
