"""Reading a SARIF 2.1.0 log that was parsed by the strict JSON reader.

Only what a finding needs is read: rule, level, message, first location. Parts that are absent are
absent in the result; parts of a wrong type refuse the log. Nothing is resolved outside the log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

VERSION: Final = "2.1.0"
MAX_RESULTS: Final = 100_000
MAX_RULES: Final = 10_000
MAX_NAMES: Final = 16
MAX_TEXT: Final = 20_000

_SEVERITIES: Final = ("critical", "high", "medium", "low", "info")
_LEVELS: Final[Mapping[str, str]] = {
    "error": "high",
    "warning": "medium",
    "note": "low",
    "none": "info",
}
_NOT_FOUND: Final = ("pass", "notApplicable", "informational")
# CVSS v3.1 bands, which `security-severity` uses; below the last one: info.
_BANDS: Final = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
_ESCAPED: Final = re.compile(r"\\([\\\[\]])")

_DOUBLED: Final = re.compile(r"\{\{(\d+)\}\}")


class SarifError(ValueError):
    """The log is not SARIF 2.1.0; the sentence goes on from `the log`."""


@dataclass(frozen=True, slots=True)
class SarifResult:
    """One result. `names` are what may name its category, best first; `lines` first and last."""

    names: tuple[str, ...]
    severity: str
    title: str
    text: str
    file: str | None
    lines: tuple[int, int] | None


def read_log(log: Mapping[str, Any]) -> list[SarifResult]:
    """Return the results of all runs; suppressed ones and those that found nothing are left out.

    Raises `SarifError`.
    """
    if log.get("version") != VERSION:
        raise SarifError(f"its version is not {VERSION}")
    found: list[SarifResult] = []
    for number, run in enumerate(_list(log, "runs", "the log")):
        where = f"runs[{number}]"
        found += _run(_object(run, where), where, MAX_RESULTS - len(found))
    return found


def _run(run: Mapping[str, Any], where: str, room: int) -> list[SarifResult]:
    results = _list(run, "results", where)
    if len(results) > room:
        raise SarifError(f"it holds more than {MAX_RESULTS} results")
    rules = _rules(run, where)
    artifacts = _list(run, "artifacts", where)
    found = []
    for number, item in enumerate(results):
        place = f"{where}.results[{number}]"
        result = _object(item, place)
        if result.get("kind") not in _NOT_FOUND and not result.get("suppressions"):
            found.append(_result(result, rules, artifacts, place))
    return found


def _rules(run: Mapping[str, Any], where: str) -> list[Mapping[str, Any]]:
    tool = _object(run.get("tool", {}), f"{where}.tool")
    driver = _object(tool.get("driver", {}), f"{where}.tool.driver")
    rules = _list(driver, "rules", f"{where}.tool.driver")
    if len(rules) > MAX_RULES:
        raise SarifError(f"it holds more than {MAX_RULES} rules")
    return [
        _object(rule, f"{where}.tool.driver.rules[{number}]") for number, rule in enumerate(rules)
    ]


def _result(
    result: Mapping[str, Any], rules: list[Mapping[str, Any]], artifacts: list[Any], where: str
) -> SarifResult:
    rule = _rule(result, rules, where)
    text = _message(result.get("message", {}), rule, f"{where}.message")
    short = _object(rule.get("shortDescription", {}), f"{where}: its rule's shortDescription")
    properties = _object(result.get("properties", {}), f"{where}.properties")
    title = next(
        (
            value
            for value in (properties.get("title"), short.get("text"), rule.get("name"), text)
            if isinstance(value, str) and value.strip()
        ),
        "",
    )
    file, lines = _location(result, artifacts, where)
    severity = _severity(result, rule, properties, where)
    names = _names(result, rule, properties, where)
    return SarifResult(names, severity, _plain(title), text, file, lines)


def _rule(
    result: Mapping[str, Any], rules: list[Mapping[str, Any]], where: str
) -> Mapping[str, Any]:
    reference = _object(result.get("rule", {}), f"{where}.rule")
    index = result.get("ruleIndex", reference.get("index", -1))
    if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(rules):
        return rules[index]
    wanted = result.get("ruleId", reference.get("id"))
    return next((rule for rule in rules if wanted is not None and rule.get("id") == wanted), {})


def _names(
    result: Mapping[str, Any], rule: Mapping[str, Any], properties: Mapping[str, Any], where: str
) -> tuple[str, ...]:
    """Own category, rule id and name, taxa (`{"id": "107", "toolComponent": {"name": "SWC"}}`)."""
    found: list[Any] = [properties.get("category")]
    for number, taxon in enumerate(_list(result, "taxa", where)):
        item = _object(taxon, f"{where}.taxa[{number}]")
        component = _object(item.get("toolComponent", {}), f"{where}.taxa[{number}].toolComponent")
        found += [f"{component.get('name')}-{item.get('id')}", item.get("id")]
    reference = _object(result.get("rule", {}), f"{where}.rule")
    found += [result.get("ruleId"), reference.get("id"), rule.get("id"), rule.get("name")]
    about = _object(rule.get("properties", {}), f"{where}: its rule's properties")
    for holder in (properties, about):
        tags = holder.get("tags")
        found += tags if isinstance(tags, list) else []
        found.append(holder.get("cwe"))
    texts = [text for text in found if isinstance(text, str) and text.strip()]
    return tuple(dict.fromkeys(texts))[:MAX_NAMES]


def _severity(
    result: Mapping[str, Any], rule: Mapping[str, Any], properties: Mapping[str, Any], where: str
) -> str:
    own = properties.get("severity")
    if isinstance(own, str) and own.lower() in _SEVERITIES:
        return own.lower()
    about = _object(rule.get("properties", {}), f"{where}: its rule's properties")
    rated = properties.get("security-severity", about.get("security-severity"))
    if isinstance(rated, str) and re.fullmatch(r"[0-9]{1,2}(?:\.[0-9]{1,2})?", rated):
        return next((name for least, name in _BANDS if float(rated) >= least), "info")
    defaults = _object(rule.get("defaultConfiguration", {}), f"{where}: its rule's configuration")
    level = result.get("level", defaults.get("level", "warning"))
    if not isinstance(level, str) or level not in _LEVELS:
        raise SarifError(f"{where}.level is not none, note, warning or error")
    return _LEVELS[level]


def _message(value: Any, rule: Mapping[str, Any], where: str) -> str:  # noqa: ANN401
    message = _object(value, where)
    text = message.get("text")
    if text is None and isinstance(message.get("id"), str):
        strings = _object(rule.get("messageStrings", {}), f"{where}: its rule's messageStrings")
        named = strings.get(message["id"])
        text = named.get("text") if isinstance(named, Mapping) else None
    if text is None:
        return ""
    if not isinstance(text, str):
        raise SarifError(f"{where}.text is no text")
    return _plain(text)


def _plain(text: str) -> str:
    """Take off what protects brackets and placeholders (sections 3.11.5 and 3.11.6)."""
    return _ESCAPED.sub(r"\1", _DOUBLED.sub(r"{\1}", text[:MAX_TEXT]))


def _location(
    result: Mapping[str, Any], artifacts: list[Any], where: str
) -> tuple[str | None, tuple[int, int] | None]:
    locations = _list(result, "locations", where)
    if not locations:
        return None, None
    where += ".locations[0]"
    physical = _object(
        _object(locations[0], where).get("physicalLocation", {}), f"{where}.physicalLocation"
    )
    artifact = _object(physical.get("artifactLocation", {}), f"{where}: its artifactLocation")
    region = _object(physical.get("region", {}), f"{where}: its region")
    return _file(artifact, artifacts), _region(region, where)


def _file(artifact: Mapping[str, Any], artifacts: list[Any]) -> str | None:
    uri, index = artifact.get("uri"), artifact.get("index")
    if uri is None and isinstance(index, int) and 0 <= index < len(artifacts):
        item = artifacts[index]
        location = item.get("location") if isinstance(item, Mapping) else None
        uri = location.get("uri") if isinstance(location, Mapping) else None
    if not isinstance(uri, str):
        return None
    try:
        return unquote(urlsplit(uri).path)
    except ValueError:
        return uri


def _region(region: Mapping[str, Any], where: str) -> tuple[int, int] | None:
    first = region.get("startLine")
    if first is None:
        return None
    last = region.get("endLine", first)
    for line in (first, last):
        if isinstance(line, bool) or not isinstance(line, int):
            raise SarifError(f"{where}: startLine and endLine are not whole numbers")
    return first, last


def _object(value: Any, where: str) -> Mapping[str, Any]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        raise SarifError(f"{where} is not an object")
    return value


def _list(holder: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise SarifError(f"{where}.{name} is not a list")
    return value
