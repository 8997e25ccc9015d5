"""How alike two answers are: normalised tokens (from the jail), their measure, an index of many."""
