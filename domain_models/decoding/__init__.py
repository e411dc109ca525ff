"""From token probabilities to spans with calibrated probabilities. Numpy only; knows no domain and no network."""
