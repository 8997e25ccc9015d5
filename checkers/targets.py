"""The part of an answer that a check reads: `content`, `code` or `files/<path>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checkers.protocol import Answer


def target_of(answer: Answer, target: str) -> tuple[str, bytes] | None:
    """Name (for its suffix) and bytes of what is judged; None where it is missing or empty."""
    if target == "content":
        content = answer.content or ""
        return ("", content.encode()) if content.strip() else None
    if target == "code":
        mains = [name for name in answer.files if name.rpartition(".")[0].lower() == "main"]
        names = mains or list(answer.files)
        # The name came from the language, so it says nothing about the format.
        return ("", answer.files[names[0]]) if len(names) == 1 else None
    path = target.removeprefix("files/")
    return (path, answer.files[path]) if path in answer.files else None
