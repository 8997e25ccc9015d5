"""What runs inside the jail of `checkers.jail`, never in a worker."""
