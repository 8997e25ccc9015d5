"""In which natural language a text is; offline, and undecided rather than wrong."""

from __future__ import annotations

import os
from typing import Any, Final

MIN_BYTES: Final = 80
"""Letters in UTF-8 below which a text is too short to tell."""

MIN_PROBABILITY: Final = 0.95
_CLOSE: Final = (
    frozenset({"no", "nb", "nn", "da", "sv"}),
    frozenset({"hr", "sr", "bs", "sl"}),
    frozenset({"id", "ms", "jv"}),
    frozenset({"es", "gl", "pt", "ca", "an", "oc"}),
    frozenset({"cs", "sk"}),
    frozenset({"ru", "uk", "be", "bg", "mk"}),
    frozenset({"hi", "ne", "mr"}),
    frozenset({"af", "nl"}),
)
"""Languages that are taken for each other; between them nothing is decided."""


def _load() -> Any:  # noqa: ANN401 - untyped library
    os.putenv("OPENBLAS_NUM_THREADS", "1")  # read at numpy's import; no thread starts in a jail
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


_MODEL: Final = _load()  # at import: before the jail closes


def language_of(text: str, asked: str) -> list[str]:
    """Return `[verdict, language]`; verdict is `match`, `other`, `short` or `unsure`.

    `asked` is a BCP 47 tag, of which the language alone counts.
    """
    wanted = asked.split("-", maxsplit=1)[0].lower()
    letters = sum(len(char.encode()) for char in text if char.isalpha())
    if letters < MIN_BYTES:
        return ["short", ""]
    found, probability = _MODEL.rank(text[:100_000])[0]
    if found == wanted:
        return ["match", found]
    close = any({found, wanted} <= group for group in _CLOSE)
    if wanted not in _MODEL.labels or close or float(probability) < MIN_PROBABILITY:
        return ["unsure", found]
    return ["other", found]
