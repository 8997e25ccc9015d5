"""Cages made of containers: the way to the engine, and what is built on it."""
