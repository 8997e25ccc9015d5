"""Is a claimed speed-up real: the check `performance`."""
