"""Jinja with every safety on: autoescape, unseen characters spelled out, no undefined names."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from validator.wire.plain import visible

FOLDER = Path(__file__).parent / "templates"
MAX_TEXT = 4000  # of one value; documents are shown whole by the API only


def shown(value: Any) -> Any:  # noqa: ANN401 - whatever a template prints
    """Every printed value passes here, so no template can forget it.

    Control, bidi and zero-width characters are spelled out and long texts cut; escaping follows.
    """
    if value is None:
        return ""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    if len(value) > MAX_TEXT:
        value = f"{value[:MAX_TEXT]}… ({len(value) - MAX_TEXT} more characters)"
    return visible(value)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the one environment; templates are compiled once."""
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(template: str, **values: Any) -> bytes:  # noqa: ANN401
    """Return a page as UTF-8."""
    text = environment().get_template(template).render(**values)
    return text.encode("utf-8", "replace")
