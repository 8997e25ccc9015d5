"""What Celery calls, and the relay that calls Celery. Rows are the truth, messages a doorbell."""

from __future__ import annotations

from validator.jobs.app import create_celery

__all__ = ["create_celery"]
