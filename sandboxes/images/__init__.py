"""The images of the sandboxes: what they are made of, built and verified."""
