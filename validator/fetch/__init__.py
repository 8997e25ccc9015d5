"""Content by URI, fetched by a process that holds nothing worth stealing.

`validator.fetch.client` is the caller's side; all other modules but `frames` run in the child.
"""
