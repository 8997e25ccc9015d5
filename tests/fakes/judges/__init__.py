"""Scripted judges behind a real loopback server. Nothing that they say is a verdict of a model."""
