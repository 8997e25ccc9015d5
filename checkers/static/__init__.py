"""Analyzers over hostile source, in the cage: the check `static`."""
