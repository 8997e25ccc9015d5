"""How the engine speaks to its operator."""

from validator.telemetry.logging import configure_logging

__all__ = ["configure_logging"]
