"""The only place, beside `training`, that imports torch: device, weights, tagger network, generator."""
