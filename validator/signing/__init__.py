"""The signer: the one process that holds the chain key and the history of what it signed."""
