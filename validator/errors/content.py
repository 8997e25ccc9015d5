"""Content that lies off the chain: pointers to it, and the way to it."""

from __future__ import annotations

from validator.errors.general import ValidatorError


class FetchError(ValidatorError):
    """The fetcher's process ended, or broke its protocol, while it worked."""

    code = "TV070"
    status = 503
    title = "Fetcher failed"
    hint = (
        "Nothing to do for once: the next fetch starts a new fetcher. If it repeats, see its log."
    )
    passing = True


class TargetRefusedError(FetchError):
    """Content lies where the fetcher does not go: the same words whatever the cause."""

    code = "TV071"
    status = 422
    title = "Target refused"
    hint = (
        "Publish the content at an https URI on a public address and a standard port;"
        " operators see settings `fetch`."
    )
    passing = False


class ContentTooLargeError(FetchError):
    """Content has more bytes, sent or unpacked, than may be fetched."""

    code = "TV072"
    status = 413
    title = "Content too large"
    hint = "Publish less, or in parts; the operator's limit is fetch.max_bytes."
    passing = False


class ContentTooSlowError(FetchError):
    """Content did not come completely within the time for it."""

    code = "TV073"
    status = 504
    title = "Content too slow"
    hint = "Publish the content on a faster server; the operator's limit is fetch.seconds."


class ContentNotFoundError(FetchError):
    """There is nothing at the URI."""

    code = "TV074"
    status = 404
    title = "Content not found"
    hint = "Publish the content at the URI that the pointer names; it is asked for again later."


class ContentUnreachableError(FetchError):
    """The server cannot be reached, shows no certificate that holds, or answers with an error."""

    code = "TV075"
    status = 502
    title = "Content unreachable"
    hint = "Check the server's name, certificate and state; the content is asked for again later."


class DigestMismatchError(FetchError):
    """What lies at the URI is not what the pointer or the document names: it is not used."""

    code = "TV076"
    status = 422
    title = "Digest mismatch"
    hint = "Publish the very bytes that the digest was made of."


class InvalidPointerError(ValidatorError):
    """Text on the chain begins as a pointer and is none."""

    code = "TV077"
    status = 422
    title = "Invalid pointer"
    hint = 'A pointer is {"v":1,"t":"<type>","u":"<uri>","h":"<blake3>"} in at most 255 bytes.'


class UnsupportedVersionError(ValidatorError):
    """A pointer or a document is of a major version that this release does not read."""

    code = "TV078"
    status = 422
    title = "Unsupported version"
    hint = "The task is not judged here; a newer release may read it."
