"""Celery entry point: `celery -A worker worker`."""

from validator.jobs import create_celery
from validator.services import build_services
from validator.settings import load_settings
from validator.telemetry import configure_logging

settings = load_settings()
configure_logging(settings.log)
app = create_celery(build_services(settings))
