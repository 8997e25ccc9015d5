"""A document against a JSON Schema, inside the jail: jsonschema-rs can die of deep input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs
import ruamel.yaml  # noqa: F401 - loaded before the jail closes
from ruamel.yaml import events  # noqa: F401

from checkers.documents import MAX_DEPTH, read_document
from checkers.strict_json import StrictJsonError, loads

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ERRORS = 20
MAX_TEXT = 300

_DRAFTS: dict[str, Any] = {
    "http://json-schema.org/draft-04/schema": jsonschema_rs.Draft4Validator,
    "http://json-schema.org/draft-06/schema": jsonschema_rs.Draft6Validator,
    "http://json-schema.org/draft-07/schema": jsonschema_rs.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema_rs.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema_rs.Draft202012Validator,
}
NEWEST = "https://json-schema.org/draft/2020-12/schema"


class SchemaFaultError(ValueError):
    """The task's schema cannot be used."""


def refuse(uri: str) -> Any:  # noqa: ANN401
    """Retriever that fetches nothing: a schema must be whole."""
    raise ValueError(f"references outside the schema are refused: {uri}")


def validator_for(
    schema: dict[str, Any] | bool,
    retriever: Callable[[str], Any] = refuse,
    validator_class: Any = None,  # noqa: ANN401
    *,
    formats: bool = False,
) -> Any:  # noqa: ANN401
    """Validator of the schema's draft; raises `SchemaFaultError` where the schema is no schema.

    `formats` makes `format` a demand; drafts from 2019-09 on take it for a note unless asked.
    """
    chosen = validator_class or _class_of(schema)
    try:
        if retriever is refuse:
            jsonschema_rs.meta.validate(_declared(schema))
        return chosen(schema, retriever=retriever, validate_formats=formats)
    except jsonschema_rs.ValidationError as error:
        raise SchemaFaultError(f"is not valid: {error.message[:MAX_TEXT]}") from None
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        raise SchemaFaultError(f"cannot be used: {str(error)[:MAX_TEXT]}") from None


def _class_of(schema: dict[str, Any] | bool) -> Any:  # noqa: ANN401
    name = schema.get("$schema", NEWEST) if isinstance(schema, dict) else NEWEST
    found = _DRAFTS.get(str(name).removesuffix("#"))
    if found is None:
        raise SchemaFaultError(f"names an unknown draft: {str(name)[:MAX_TEXT]}")
    return found


def _declared(schema: dict[str, Any] | bool) -> dict[str, Any] | bool:
    if isinstance(schema, dict) and "$schema" not in schema:
        return {"$schema": NEWEST, **schema}
    return schema


def judge(request: dict[str, str]) -> dict[str, Any]:
    """Read `schema` and `text` (called `name`) and compare.

    Returns `{"valid": true}`, `{"errors": [[path, message], ...]}`, `{"unreadable": message}` for
    the document, or `{"schema_fault": message}`.
    """
    try:
        validator = validator_for(loads(request["schema"], max_depth=MAX_DEPTH))
    except StrictJsonError as error:
        return {"schema_fault": str(error)}
    except SchemaFaultError as error:
        return {"schema_fault": str(error)}
    try:
        document = read_document(request["text"], request["name"])
    except ValueError as error:
        return {"unreadable": str(error)[:MAX_TEXT]}
    return _errors(validator, document)


def _errors(validator: Any, document: Any) -> dict[str, Any]:  # noqa: ANN401
    found = []
    for error in validator.iter_errors(document):
        if error.kind.name in ("backtrackLimitExceeded", "regexEngineFailure"):
            return {"schema_fault": "has a pattern that cannot be evaluated"}
        found.append([_path(error.instance_path), str(error.message)[:MAX_TEXT]])
        if len(found) == MAX_ERRORS:
            break
    return {"errors": found} if found else {"valid": True}


def _path(parts: list[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part[:64]}" for part in parts[:32])
