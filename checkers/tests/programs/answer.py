"""For Python harnesses: the answer, which runs elsewhere and is reached over pipes.

    import answer
    answer.call("solve", 1, 2)            # the function's result; what it raises is raised here
    answer.call("helper:solve", 1, 2)     # of another file
    answer.run("-v", stdin="3 4")         # .stdout .stderr .exit_code .status
    from solution import solve            # the same call, as an import
    if __name__ == "__main__": answer.main()   # unittest, and the report at sys.argv[1]

On the wire: one JSON object a line, {"id": 1, "call": {"entry", "args", "kwargs"}} or
{"id": 1, "run": {"args", "stdin"}}; the reply has the same id and `value` or `error`.
"""

import builtins
import json
import os
import sys
import traceback
import unittest
from xml.etree import ElementTree

# The pipe becomes ours alone: what tests print goes to standard error.
_out = os.fdopen(os.dup(1), "wb")
_in = os.fdopen(os.dup(0), "rb")
os.dup2(2, 1)
_count = 0


class AnswerError(RuntimeError):
    """The answer failed in a way that is no exception of Python: crash, limit, no such function."""


class Run:
    """What one run of the answer as a program gave."""

    def __init__(self, fields):
        self.stdout = fields["stdout"]
        self.stderr = fields["stderr"]
        self.exit_code = fields["exit_code"]
        self.status = fields["status"]


def _ask(**request):
    global _count
    _count += 1
    _out.write(json.dumps({"id": _count, **request}).encode() + b"\n")
    _out.flush()
    while True:
        line = _in.readline()
        if not line:
            raise AnswerError("the judge is gone")
        reply = json.loads(line)
        if reply.get("id") == _count:
            return reply


def _plain(typed):
    if not isinstance(typed, list):
        return typed
    kind, content = typed
    if kind == "i":
        return int(content, 16)
    if kind == "f":
        return float(content)
    if kind == "d":
        return {key: _plain(value) for key, value in content}
    items = [_plain(item) for item in content]
    if kind == "t":
        return tuple(items)
    if kind == "S":
        return {tuple(item) if isinstance(item, list) else item for item in items}
    return items


def call(entry, *args, **kwargs):
    """Call a function of the answer. Arguments must be JSON values."""
    reply = _ask(call={"entry": entry, "args": args, "kwargs": kwargs})
    if "error" not in reply:
        return _plain(reply["typed"])
    kind, message = reply["error"]
    known = getattr(builtins, kind, None)
    if isinstance(known, type) and issubclass(known, Exception):
        try:
            raised = known(message)
        except TypeError:
            raised = AnswerError(f"{kind}: {message}")
        raise raised
    raise AnswerError(f"{kind}: {message}")


def run(*args, stdin=""):
    """Run the answer as a program."""
    reply = _ask(run={"args": args, "stdin": stdin})
    if "error" in reply:
        raise AnswerError(": ".join(reply["error"]))
    return Run(reply["value"])


def proxy(module):
    """`__getattr__` of a module that stands for one file of the answer."""

    def attribute(name):
        if name.startswith("__"):
            raise AttributeError(name)

        def function(*args, **kwargs):
            return call(f"{module}:{name}" if module else name, *args, **kwargs)

        function.__name__ = name
        return function

    return attribute


class _Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.report = ElementTree.Element("testsuite", name="harness")

    def _add(self, test, kind=None, error=None):
        owner, _, name = test.id().rpartition(".")
        element = ElementTree.SubElement(self.report, "testcase", name=name, classname=owner)
        if kind:
            message = error if isinstance(error, str) else repr(error[1])
            child = ElementTree.SubElement(element, kind, message=_visible(message))
            if not isinstance(error, str):
                child.text = _visible("".join(traceback.format_exception(*error)))

    def addSuccess(self, test):
        super().addSuccess(test)
        self._add(test)

    def addError(self, test, err):
        super().addError(test, err)
        self._add(test, "error", err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._add(test, "failure", err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._add(test, "skipped", reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._add(test, "failure", err)

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self._add(test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._add(test, "failure", "passed, although it was expected to fail")


def _visible(text):
    """XML cannot carry control characters."""
    return "".join(char if char >= " " or char in "\n\t" else "?" for char in text)[:4000]


def main(module="__main__"):
    """Run the unittest tests of a module and write the report to sys.argv[1]."""
    target = sys.modules[module]
    result = _Result()
    unittest.defaultTestLoader.loadTestsFromModule(target).run(result)
    ElementTree.ElementTree(result.report).write(sys.argv[1], encoding="utf-8")
    sys.exit(0 if result.wasSuccessful() else 1)
