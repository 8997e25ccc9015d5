"""Text of others, made safe to look at: what a reader cannot see is written out."""

from __future__ import annotations

import unicodedata

from markupsafe import Markup, escape

# Controls, direction marks and other format characters, surrogates, private use, unassigned,
# line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_KEPT = frozenset("\n\t")


def visible(text: str, limit: int = 4000) -> str:
    """Write unseen characters as `<U+202E>` and cut what is longer than `limit`."""
    return "".join(f"<{_name(c)}>" if _unseen(c) else c for c in _cut(text, limit))


def one_line(text: str, limit: int = 160) -> str:
    """As `visible`, on one line."""
    return " ".join(visible(text, limit).split())


def visible_html(text: object, limit: int = 4000) -> Markup:
    """As `visible`, escaped, with the written-out characters marked."""
    parts = [
        Markup('<b class="unseen">{}</b>').format(_name(c)) if _unseen(c) else escape(c)
        for c in _cut(str(text), limit)
    ]
    return Markup("").join(parts)


def _unseen(char: str) -> bool:
    return char not in _KEPT and unicodedata.category(char) in _UNSEEN


def _name(char: str) -> str:
    return f"U+{ord(char):04X}"


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]} ... ({len(text) - limit} more characters)"
