"""Reading a harness's JUnit XML inside the jail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from defusedxml import ElementTree

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_TESTS = 10_000
MAX_TEXT = 300


def read_report(text: str) -> dict[str, Any]:
    """Return `{"tests": [[name, classname, status, message], ...]}` or `{"fault": message}`.

    Status is passed, failed or skipped. Entities, external references and document types are
    refused by the parser.
    """
    try:
        root = ElementTree.fromstring(text, forbid_dtd=True)
    except (ElementTree.ParseError, ValueError) as error:
        return {"fault": f"is no XML: {str(error)[:MAX_TEXT]}"}
    if root.tag not in ("testsuites", "testsuite"):
        return {"fault": "is no JUnit report: its root is not testsuites or testsuite"}
    tests: list[list[str]] = []
    for element in root.iter("testcase"):
        if len(tests) == MAX_TESTS:
            return {"fault": f"holds more than {MAX_TESTS} tests"}
        status, message = _status(element)
        name, owner = element.get("name", ""), element.get("classname", "")
        tests.append([name[:MAX_TEXT], owner[:MAX_TEXT], status, message[:MAX_TEXT]])
    return {"tests": tests}


def _status(element: Element) -> tuple[str, str]:
    for kind, status in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        found = element.find(kind)
        if found is not None:
            return status, found.get("message") or (found.text or "")
    return "passed", ""
