"""The task authors' kit: a task in a folder, advice about it, its trial, and what is sealed."""
