"""A development chain: the node's AI-mining rules, JSON-RPC and events, and switches for trouble.

It depends on `validator.wire` alone. Start it with `tos-validator devnet`.
"""
