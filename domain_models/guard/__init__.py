"""Whether a written sentence says only what its cited text says. Knows words, numbers and cues; runs no model.

It refuses rather than believes: each date, number with its unit, name and word of content must stand in the cited text
under the same claim (affirmed, negated, hedged, of the family, conditional), and one cited sentence must have the words
in the order written, each still governed by what governs it there, and no limit ("unless", "during", "only") that the
written one leaves out. What it cannot see: a meaning that changes with other words left out, such as what a list's items
have in common.
"""
