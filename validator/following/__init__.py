"""Follows a chain: its blocks, tasks and answers, and what the engine makes of them.

Only rows that were built here, from bytes read on the chain and checked against its digests, have
the origin `chain` and can reach the signer (threat model, row 1).
"""
