"""The command `tos-validator`."""
