"""Refusals about posts: TV096 and TV097."""

from __future__ import annotations

from validator.errors.general import ValidatorError


class PostMovedError(ValidatorError):
    """A post is not in the state that was expected: something else moved it, or it is too late."""

    code = "TV096"
    status = 409
    title = "Post is elsewhere"
    hint = "Look at it with `tos-validator posts show ANSWER_ID`."


class PostingHaltedError(ValidatorError):
    """The signer has proof of another signer: nothing is posted until that is cleared up."""

    code = "TV097"
    status = 503
    title = "Posting halted"
    hint = (
        "Somebody else signs with this key, or an old copy of the data was restored: stop the"
        " other one, and see docs/reference/posting.md."
    )
