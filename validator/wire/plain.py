"""Hostile text made fit for one line of a log, a terminal or an error."""

from __future__ import annotations

import unicodedata

# Control, format (bidi and zero-width among them), surrogate, private use, line and paragraph ends.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
DEFAULT_LENGTH = 240


def plain(text: str, length: int = DEFAULT_LENGTH) -> str:
    """Return text cut to a length, with every character that hides or steers made visible."""
    cut = text if len(text) <= length else text[: length - 3] + "..."
    return visible(cut, keep="")


def visible(text: str, keep: str = "\n\t") -> str:
    r"""Return text with control, bidi and other unseen characters spelled as `\x1b`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if char in keep or unicodedata.category(char) not in _UNSEEN else _spelled(char)
        for char in text
    )


def _spelled(char: str) -> str:
    code = ord(char)
    if code <= 0xFF:  # noqa: PLR2004 - two hex digits
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
