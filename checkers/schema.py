"""`schema`: a JSON or YAML document of the answer against the task's JSON Schema."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from checkers import jail
from checkers.protocol import CheckResult, CheckStatus, Finding, Tool
from checkers.results import cut, errored, failed, task_fault
from checkers.targets import target_of

if TYPE_CHECKING:
    from checkers.options import SchemaOptions
    from checkers.protocol import Context, Submission

SECONDS = 20.0


class SchemaCheck:
    """Both sides are hostile, so reading and comparing happen in the jail."""

    name = "schema"
    version = "1"

    def check(
        self, submission: Submission, options: SchemaOptions, context: Context
    ) -> CheckResult:
        """Judge one answer."""
        found = target_of(submission.answer, options.target)
        if found is None:
            return failed(self.name, f"the answer holds no {options.target}")
        name, data = found
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return failed(self.name, f"{options.target} is not UTF-8 text")
        schema = json.dumps(options.document_schema)
        seconds = min(SECONDS, context.remaining())
        try:
            reply = jail.run(
                "schema", {"schema": schema, "text": text, "name": name}, seconds=seconds
            )
        except jail.JailError as error:
            message = "comparing the document with the schema took too much time or memory"
            return errored(self.name, error.reason, message)
        return _result(self.name, options.target, reply)


def _result(check: str, target: str, reply: dict[str, Any]) -> CheckResult:
    if "schema_fault" in reply:
        return task_fault(check, cut(f"the task's schema {reply['schema_fault']}"))
    if "unreadable" in reply:
        return failed(check, cut(f"{target} cannot be read: {reply['unreadable']}"))
    tool = Tool("jsonschema-rs", version("jsonschema-rs"))
    if reply.get("valid") is True:
        summary = f"{target} is as the schema asks"
        return CheckResult(check, CheckStatus.PASS, 100, summary, tool=tool)
    findings = tuple(
        Finding("schema", cut(message), "high", explanation=f"at {path or 'the top'}")
        for path, message in reply["errors"]
    )
    return failed(check, f"{target} breaks the schema", findings, tool)
