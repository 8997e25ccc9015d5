"""Scoring a security audit against known weaknesses: the check `audit`."""
