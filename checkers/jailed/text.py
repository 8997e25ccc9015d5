"""Form of a text, inside the jail."""

from __future__ import annotations

from typing import Any

from checkers.texts.hidden import hidden_marks
from checkers.texts.language import language_of
from checkers.texts.markup import Markup, read_html, read_markdown
from checkers.texts.words import count_words, missing_sections

MAX_FAULTS = 5

read_markdown("# a\n<b>c</b>\n")  # whatever loads late, loads before the jail closes


def judge(request: dict[str, Any], data: bytes) -> dict[str, Any]:
    """Read `TextOptions` as JSON and a text in UTF-8.

    Returns `{"words": n, "missing": [names], "language": [verdict, language] or null,
    "faults": {category: [what]}, "marks": [[category, line, sentence]]}`.
    """
    text = data.decode()
    found = _read(text, request["format"])
    asked = request["natural_language"]
    return {
        "words": count_words(found.visible),
        "missing": missing_sections(request["required_sections"], found.headings),
        "language": language_of(found.visible, asked) if asked else None,
        "faults": {name: told[:MAX_FAULTS] for name, told in sorted(found.faults.items())},
        "marks": hidden_marks(text),
    }


def _read(text: str, form: str) -> Markup:
    if form == "markdown":
        return read_markdown(text)
    if form == "html":
        return read_html(text)
    return Markup(headings=text.splitlines(), visible=text)
