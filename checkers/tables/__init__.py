"""Tables under a declared form: reading them strictly, and the check `table`."""
