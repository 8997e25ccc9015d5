"""Submissions that are wrong, each in one way: the field to name and a word of the mend."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.submissions import STDIN_CASE, body

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Wrong:
    """One document. `field` and `mend` are in the sentence; `status` is HTTP's."""

    name: str
    make: Callable[[], bytes]
    field: str
    mend: str
    status: int = 422


def with_files(files: dict[str, Any]) -> bytes:
    return body(answer={"files": files})


def with_check(**options: Any) -> bytes:
    return body({"checks": [{"check": "tests", "cases": [STDIN_CASE], **options}]})


def with_case(**case: Any) -> bytes:
    return with_check(cases=[{**STDIN_CASE, **case}])


TEXT = {"text": "print(4)"}
COMPILE_WITH_PLUGIN = {"check": "compile", "flags": ["-fplugin=x"]}
LIMITS = "task.checks[0].limits"

DOCUMENTS = (
    Wrong("empty", lambda: b"", "body", "not JSON"),
    Wrong("blanks", lambda: b" \n\t ", "body", "not JSON"),
    Wrong("half", lambda: b'{"task": ', "body", "not JSON"),
    Wrong("a list", lambda: b"[1]", "body", "object"),
    Wrong("another encoding", lambda: "\ufeff{}".encode("utf-16"), "body", "UTF-8"),
    Wrong("bytes of no text", lambda: body().replace(b"print", b"\xff\xfe"), "body", "UTF-8"),
    Wrong("a NUL after it", lambda: body() + b"\0", "body", "not JSON"),
    Wrong("a doubled key", lambda: body().replace(b'"type"', b'"type": "math", "type"'),
          "task", "twice"),
    Wrong("not a number", lambda: body().replace(b'"2\\n"', b"NaN"), "stdin", "NaN"),
    Wrong("a number beyond doubles", lambda: body().replace(b'"2\\n"', b"1e999"),
          "stdin", "too large"),
    Wrong("nested too deep", lambda: b'{"task":' * 200 + b"1" + b"}" * 200, "body", "64"),
    Wrong("nested a million deep", lambda: b"[" * 1_000_000, "body", "64"),
    Wrong("half a character", lambda: body(answer={"code": "X"}).replace(b"X", b"\\ud800"),
          "answer.code", "surrogate"),
    Wrong("fifty megabytes on one line", lambda: body(answer={"code": "#" + "x" * 50_000_000}),
          "submission", "limit", 413),
    Wrong("an unknown language", lambda: body({"language": "klingon"}), "task.language", "one of"),
    Wrong("an unknown type", lambda: body({"type": "poem"}), "task.type", "one of"),
    Wrong("an unknown field", lambda: body({"colour": "red"}), "task.colour", "not a known"),
    Wrong("an unknown check", lambda: body({"checks": [{"check": "taste"}]}),
          "task.checks[0].check", "one of"),
    Wrong("no answer", lambda: body(answer={}), "answer", "at least one"),
    Wrong("code and files", lambda: body(answer={"code": "1", "files": {"a.py": TEXT}}),
          "answer", "not both"),
    Wrong("a name that climbs", lambda: with_files({"../../x.py": TEXT}), "../../x.py", "relative"),
    Wrong("an absolute name", lambda: with_files({"/etc/x.py": TEXT}), "/etc/x.py", "relative"),
    Wrong("an empty name", lambda: with_files({"": TEXT}), "answer.files", "empty"),
    Wrong("a name with NUL", lambda: with_files({"a\0.py": TEXT}), "answer.files", "control"),
    Wrong("a name of another system", lambda: with_files({"a\\b.py": TEXT}), "answer.files",
          "backslash"),
    Wrong("a name like an option", lambda: with_files({"-rf.py": TEXT}), "answer.files", "begin"),
    Wrong("a name of 5000 bytes", lambda: with_files({"a" * 5000: TEXT}), "answer.files", "255"),
    Wrong("a file that is a folder", lambda: with_files({"a": TEXT, "a/b.py": TEXT}),
          "answer.files", "itself a file"),
    Wrong("257 files", lambda: with_files({f"f{n}.py": TEXT for n in range(257)}),
          "answer.files", "256"),
    Wrong("no base64", lambda: with_files({"a.py": {"base64": "!!"}}), "answer.files", "base64"),
    Wrong("a limit below zero", lambda: with_check(limits={"cpu_s": -1}), f"{LIMITS}.cpu_s",
          "at least"),
    Wrong("a huge limit", lambda: with_check(limits={"memory_mb": 10**9}), f"{LIMITS}.memory_mb",
          "at most"),
    Wrong("a limit over the operator's", lambda: with_check(limits={"memory_mb": 100_000}),
          f"{LIMITS}.memory_mb", "ceiling"),
    Wrong("a limit as text", lambda: with_check(limits={"cpu_s": "5"}), f"{LIMITS}.cpu_s",
          "number"),
    Wrong("an unknown limit", lambda: with_check(limits={"gpu": 1}), f"{LIMITS}.gpu",
          "not a known"),
    Wrong("a NUL in an argument", lambda: with_case(args=["a\0b"]), "args[0]", "NUL"),
    Wrong("an argument of a megabyte", lambda: with_case(args=["x" * 1_000_000]), "args[0]",
          "at most"),
    Wrong("1001 cases", lambda: with_check(cases=[STDIN_CASE] * 1001), "task.checks", "1000"),
    Wrong("65 checks", lambda: body({"checks": [{"check": "syntax"}] * 65}), "task.checks", "64"),
    Wrong("no checks", lambda: body({"checks": []}), "task.checks", "at least"),
    Wrong("a flag that is not allowed",
          lambda: body({"language": "c", "checks": [COMPILE_WITH_PLUGIN]}),
          "task.checks[0].flags", "allow"),
    Wrong("a word for a document", lambda: json.dumps("submission").encode(), "body", "object"),
)  # fmt: skip
