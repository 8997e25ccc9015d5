"""From a verdict to a score on the chain: which goes next, signed once, sent, and read back."""
