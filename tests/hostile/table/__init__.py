"""The corpus: every program, how it is run, and what is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hostile.table import compiling, lasting, reaching, using

if TYPE_CHECKING:
    from tests.hostile.case import Case

CASES: tuple[Case, ...] = (*using.CASES, *lasting.CASES, *compiling.CASES, *reaching.CASES)
