"""The copies of sources that analyzers read, with nothing in them that silences one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from checkers import jail
from checkers.results import errored, undecided
from checkers.sources import Stopped
from checkers.static.tools import CHECK

if TYPE_CHECKING:
    from checkers.static.protocol import Target

SECONDS: Final = 30.0
"""Of the jailed work, whose time is linear in the sources: a second for a few hundred kilobytes of
the worst of them."""


def masked(target: Target, seconds: float = SECONDS) -> Target:
    """Return the target with its suppressions masked, no line or column moved.

    It is done in the jail (threat model, row 24). Raises `Stopped` for an encoding that could hide
    a comment, and where the jailed work ended badly, and `JailUnavailableError`.
    """
    request = {"language": target.language}
    try:
        reply = jail.run(
            "mask", request, seconds=min(SECONDS, seconds), blobs=(*target.files.values(),)
        )
    except jail.JailError as error:
        message = "looking through the answer's comments took too much time or memory"
        raise Stopped(errored(CHECK, error.reason, message)) from None
    names = [*target.files]
    if "odd" in reply:
        odd = target.names[names[reply["odd"]]]
        message = f"not checked: {odd} is in an encoding that analyzers are not shown; use UTF-8"
        raise Stopped(undecided(CHECK, message))
    changed = {
        name: text.encode("latin-1")
        for name, text in zip(names, reply["changed"], strict=True)
        if text is not None
    }
    return replace(target, files={**target.files, **changed})
