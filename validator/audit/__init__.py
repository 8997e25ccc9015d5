"""The audit log: an RFC 6962 tree over what the engine decided, with signed checkpoints."""
