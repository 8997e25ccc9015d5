"""The HTTP front door: routers, guards, problems, server-sent events, pages."""

from validator.web.app import create_app

__all__ = ["create_app"]
