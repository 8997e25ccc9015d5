"""One process per host that holds the cages, and its clients."""
