"""Hashes and ids of the chain (protocol note, section 2): BLAKE3-256, unkeyed."""

from __future__ import annotations

from blake3 import blake3

from validator.wire.tos.octets import Writer, check_integer, check_octets


def blake3_256(data: bytes) -> bytes:
    """Return the 32-byte BLAKE3 hash."""
    return blake3(data).digest()


def answer_hash(content: str) -> bytes:
    """Return BLAKE3 of the UTF-8 of an answer's text, which the node compares with the claim."""
    return blake3_256(content.encode("utf-8"))


def answer_id(
    task_id: bytes, submitter: bytes, content_hash: bytes, block_height: int, block_timestamp: int
) -> bytes:
    """Return the id of an answer: it depends on the block that applied the SubmitAnswer.

    `block_height` is the height (not the topoheight), `block_timestamp` in milliseconds; the three
    others are 32 bytes each. Raises EncodeError.
    """
    for field, value in (
        ("task_id", task_id), ("submitter", submitter), ("answer_hash", content_hash),
    ):  # fmt: skip
        check_octets(field, value)
    check_integer("block_height", block_height)
    check_integer("block_timestamp", block_timestamp)
    spelled = Writer().octets(task_id).octets(submitter).octets(content_hash)
    return blake3_256(spelled.u64(block_height).u64(block_timestamp).bytes())
