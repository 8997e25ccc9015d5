"""ASGI entry point: `uvicorn api:app`."""

from validator.services import build_services
from validator.settings import load_settings
from validator.telemetry import configure_logging
from validator.web import create_app

settings = load_settings()
configure_logging(settings.log)
app = create_app(build_services(settings))
