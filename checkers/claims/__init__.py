"""The numbers of a report, recomputed from its data: the check `claims`."""
