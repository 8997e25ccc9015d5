"""JSON and YAML documents of an answer, as the JSON values that a schema judges.

YAML is read by the core schema of YAML 1.2 from the parser's events: no aliases and anchors
(which grow without bound), no tags (which name types to construct), one document, distinct text
keys, no `.nan` and `.inf`. Call it in the jail only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from checkers.strict_json import MAX_DIGITS, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 100
YAML_SUFFIXES = (".yaml", ".yml")

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_REAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_JSON = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


LARGEST = 10**MAX_DIGITS


class DocumentError(ValueError):
    """The document cannot be read; the message says why."""


def read_document(text: str, name: str) -> Any:  # noqa: ANN401
    """Read a document: YAML by its file name, else JSON; without a name by how it starts.

    Text that starts as a JSON object, array or string is JSON, so that JSON's rules hold for it.
    """
    suffix = name[name.rfind(".") :] if "." in name else ""
    if suffix in YAML_SUFFIXES:
        return read_yaml(text)
    if suffix or text.lstrip()[:1] in ("{", "[", '"'):
        return loads(text, max_depth=MAX_DEPTH)
    try:
        return loads(text, max_depth=MAX_DEPTH)
    except ValueError:
        return read_yaml(text)


def read_yaml(text: str) -> Any:  # noqa: ANN401
    """Read one YAML document as JSON values; raises `DocumentError`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        events = iter(list(_checked(YAML(typ="safe", pure=True).parse(text))))
        found = [_value(event, events) for event in events]
    except YAMLError as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DocumentError(f"is not YAML: {problem}") from None
    except RecursionError:
        raise DocumentError(f"is nested more than {MAX_DEPTH} levels deep") from None
    if len(found) != 1:
        raise DocumentError(f"holds {len(found)} YAML documents instead of one")
    return found[0]


def _checked(events: Iterator[Any]) -> Iterator[Any]:
    """Refuse before anything is built; leave out the marks of stream and document."""
    from ruamel.yaml import events as kinds

    depth = 0
    for event in events:
        if isinstance(event, kinds.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise DocumentError("uses YAML anchors or aliases, which are refused")
        if getattr(event, "tag", None) is not None:
            raise DocumentError("uses a YAML tag, which is refused")
        if isinstance(event, (kinds.MappingStartEvent, kinds.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (kinds.MappingEndEvent, kinds.SequenceEndEvent)):
            depth -= 1
        elif not isinstance(event, kinds.ScalarEvent):
            continue
        if depth > MAX_DEPTH:
            raise DocumentError(f"is nested more than {MAX_DEPTH} levels deep")
        yield event


def _value(event: Any, events: Iterator[Any]) -> Any:  # noqa: ANN401
    from ruamel.yaml import events as kinds

    if isinstance(event, kinds.ScalarEvent):
        return _scalar(event)
    if isinstance(event, kinds.SequenceStartEvent):
        items = []
        while not isinstance(event := next(events), kinds.SequenceEndEvent):
            items.append(_value(event, events))
        return items
    members: dict[str, Any] = {}
    while not isinstance(event := next(events), kinds.MappingEndEvent):
        key = _value(event, events)
        if not isinstance(key, str):
            raise DocumentError("has a key that is not text; quote it")
        if key in members:
            raise DocumentError(f"has the key {key[:64]!r} twice")
        members[key] = _value(next(events), events)
    return members


def _scalar(event: Any) -> Any:  # noqa: ANN401
    text = str(event.value)
    if not event.implicit[0]:  # quoted or a block: always text
        return text
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _REAL.fullmatch(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise DocumentError("has a number that is too large for a double")
        return value
    if _NOT_JSON.fullmatch(text):
        raise DocumentError(f"holds {text}, which JSON cannot")
    return text


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise DocumentError(f"has an integer of more than {MAX_DIGITS} digits")
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    value = int(text, base)
    if abs(value) >= LARGEST:  # so many decimal digits that the validator behind would see null
        raise DocumentError(f"has an integer of more than {MAX_DIGITS} digits")
    return value
