"""Refusals of vote rounds: TV130 to TV139."""

from __future__ import annotations

from validator.errors.general import ValidatorError


class RoundPhaseError(ValidatorError):
    """It is too early or too late for this in the round."""

    code = "TV130"
    status = 409
    title = "Not the time for this"
    hint = "The round tells its phase and when each window ends: GET /v1/votes/rounds/{round_id}."


class NotDrawnError(ValidatorError):
    """The voter has no seat in this round."""

    code = "TV131"
    status = 403
    title = "Not drawn"
    hint = "GET /v1/votes/assignments?voter= lists the rounds in which a voter has a seat."


class AlreadyVotedError(ValidatorError):
    """The voter has committed, or revealed, in this round before; the first one counts."""

    code = "TV132"
    status = 409
    title = "Voted already"
    hint = "Nothing to do: what came first is kept and cannot be changed."


class RevealMismatchError(ValidatorError):
    """What was revealed does not give the commit that the voter signed."""

    code = "TV133"
    status = 422
    title = "Reveal does not match its commit"
    hint = "Reveal exactly what was committed: score, salt and reasoning_sha256, letter by letter."


class VoteSignatureError(ValidatorError):
    """The commit is not signed by the voter's chain key for this round of this chain."""

    code = "TV134"
    status = 422
    title = "Vote is not signed"
    hint = "Sign the commit's 32 bytes with `tos-validator keys sign --purpose vote --round ID`."


class RoundRunningError(ValidatorError):
    """There is a round on this answer that has not ended."""

    code = "TV135"
    status = 409
    title = "Round is running"
    hint = "Wait for its result; if it asks for more votes, a further round can follow it."


class NoSeedError(ValidatorError):
    """No chain is followed here, so that no block can seed the draw."""

    code = "TV136"
    status = 409
    title = "No chain to seed the draw"
    hint = "Set chain.nodes and run `tos-validator watch`; a draw takes its seed from a block."


class NotCommittedError(ValidatorError):
    """A reveal without a commit before it."""

    code = "TV137"
    status = 409
    title = "Nothing was committed"
    hint = "A vote is committed first, while the commit window is open."


class CopiedCommitError(ValidatorError):
    """Another voter of the round has made the very same commit."""

    code = "TV138"
    status = 409
    title = "Copied commit"
    hint = "Draw a salt of your own, 16 random bytes or more, and commit again."


class RoundDecidedError(ValidatorError):
    """The rounds on this answer have decided; votes are not taken again until one likes them."""

    code = "TV139"
    status = 409
    title = "Round has decided"
    hint = "Read its result: GET /v1/votes/rounds/{round_id}/result."
