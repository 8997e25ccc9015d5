"""The signer's settings in the log: under which ceilings and whose word it signed from when on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.audit.leaf import LeafKind, read_leaf

if TYPE_CHECKING:
    from validator.settings import Settings
    from validator.signing.book import Book

_PATHS = {"key_file", "passphrase_file"}


def record_settings(book: Book, settings: Settings) -> None:
    """Write a leaf `config_change` whenever the signer starts under other settings than last time.

    Paths stay out of it: they say nothing of what is signed.
    """
    signer: dict[str, Any] = settings.signer.model_dump(mode="json", exclude=_PATHS)
    body = {"network": settings.network, "signer": signer}
    newest = book.newest(LeafKind.CONFIG_CHANGE)
    if newest is None or dict(read_leaf(newest).body) != body:
        book.note(LeafKind.CONFIG_CHANGE, body)
