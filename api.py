"""ASGI entry point: `uvicorn api:app`."""

import gc

from validator.services import build_services
from validator.settings import load_settings
from validator.telemetry import configure_logging
from validator.web import create_app

settings = load_settings()
configure_logging(settings.log)
app = create_app(build_services(settings))
# What was imported lives as long as the process: the collector need not walk it again and again.
gc.collect()
gc.freeze()
gc.set_threshold(10_000)
