"""Rows of Python: every `yes` of the design's injection table, and ways around the masks."""

from __future__ import annotations

from tests.integration.checkers.static.rows import MARKER, Failure, Injection

SHELL = "import subprocess\n\n\ndef run(line):\n    return subprocess.call(line, shell=True){}\n"
UNTYPED = "count: int = 'seven'{}\n"
RUNS = f"import pathlib\npathlib.Path('/tmp/{MARKER}').write_text('x')\nprint('{MARKER}')\n"
PROGRAM = f"#!/bin/sh\necho {MARKER}\ntouch /tmp/{MARKER}\n"
MYPY_PLUGIN = "[mypy]\nplugins = ./x.py\n"
RUFF_SILENT = 'exclude = ["*.py"]\nlint.ignore = ["ALL"]\n'


# What mypy keeps of a module without a fault, under the name that the source has in the cage, too.
POISON: dict[str, str | bytes] = {
    f".mypy_cache/3.11/{module}.{kind}.json": '{"interface_hash": "0", "error_lines": []}'
    for module in ("main", "s0", "builtins")
    for kind in ("data", "meta")
}


def python(
    name: str, tool: str, source: str, planted: dict[str, str | bytes], *found: str
) -> Injection:
    return Injection(name, tool, "python", {"main.py": source}, planted, found)


def types(name: str, planted: dict[str, str | bytes]) -> Injection:
    return python(name, "mypy", UNTYPED.format(""), planted, "mypy/assignment")


def typed(name: str, source: str | bytes) -> Injection:
    return types(name, {"main.py": source})


INJECTIONS = (
    types("mypy.ini plugin", {"mypy.ini": MYPY_PLUGIN, "x.py": RUNS}),
    types("setup.cfg plugin", {"setup.cfg": MYPY_PLUGIN, "x.py": RUNS}),
    types(
        "pyproject plugin",
        {"pyproject.toml": '[tool.mypy]\nplugins = ["./x.py"]\n', "x.py": RUNS},
    ),
    types(
        "mypy.ini interpreter",
        {"mypy.ini": "[mypy]\npython_executable = ./x.sh\n", "x.sh": PROGRAM},
    ),
    types("mypy.ini ignores errors", {"mypy.ini": "[mypy]\nignore_errors = True\n"}),
    typed("type: ignore", UNTYPED.format("  # type: ignore")),
    typed("type: ignore with a code", UNTYPED.format("  # type: ignore[assignment]")),
    typed("type: ignore of the file", "# type: ignore\n" + UNTYPED.format("")),
    typed("mypy: ignore-errors", "# mypy: ignore-errors\n" + UNTYPED.format("")),
    typed("mypy: in a string", '"""\n# mypy: ignore-errors\n"""\n' + UNTYPED.format("")),
    typed("mypy: after a form feed", "\f# mypy: ignore-errors\n" + UNTYPED.format("")),
    typed("quotes before the comment", "name = 'a\"#'\n" + UNTYPED.format(" # type:ignore")),
    typed("carriage returns", "name = 1\r" + UNTYPED.format("  # type: ignore")),
    typed("a string over lines", "t = '''\n'#'''\n" + UNTYPED.format("# type: ignore # '''")),
    types("poisoned cache", POISON),
    types("a stub beside the source", {"main.pyi": "count: str\n"}),
    types("a module called typing", {"typing.py": "Any = 1\n"}),
    types("a module called builtins", {"builtins.py": "class int: ...\n"}),
    types("a module called sitecustomize", {"sitecustomize.py": RUNS}),
    python("ruff.toml", "ruff", SHELL.format(""), {"ruff.toml": RUFF_SILENT}, "ruff/S602"),
    python(
        "ruff.toml extends a file of the machine",
        "ruff",
        SHELL.format(""),
        {"ruff.toml": 'extend = "/etc/passwd"\n'},
        "ruff/S602",
    ),
    python(
        "ruff.toml cache folder",
        "ruff",
        SHELL.format(""),
        {"ruff.toml": f'cache-dir = "/box/{MARKER}"\n'},
        "ruff/S602",
    ),
    python("noqa", "ruff", SHELL.format("  # noqa"), {}, "ruff/S602"),
    python("noqa of the file", "ruff", "# ruff: noqa\n" + SHELL.format(""), {}, "ruff/S602"),
    python("flake8: noqa", "ruff", "# flake8: noqa: S602\n" + SHELL.format(""), {}, "ruff/S602"),
    python(
        ".bandit", "bandit", SHELL.format(""), {".bandit": "[bandit]\nskips: B602\n"}, "bandit/B602"
    ),
    python(
        "bandit in pyproject",
        "bandit",
        SHELL.format(""),
        {"pyproject.toml": '[tool.bandit]\nskips = ["B602"]\n'},
        "bandit/B602",
    ),
    python("nosec", "bandit", SHELL.format("  # nosec"), {}, "bandit/B602"),
    python("NOSEC B602", "bandit", SHELL.format("  # NOSEC B602"), {}, "bandit/B602"),
    Injection(
        "a folder that tools leave out",
        "bandit",
        "python",
        {"main.py": "x = 1\n"},
        {".git/a.py": SHELL.format(""), "node_modules/tests/-r.py": SHELL.format("")},
        ("bandit/B602",),
    ),
)

LONG_LIST = b"x = [" + b"1," * 900_000 + b"]\n"
THREE = ("ruff", "mypy", "bandit")
FAILURES = (
    Failure("a syntax error", THREE, "python", {"main.py": b"def f(:\n"}),
    Failure("bytes that are not UTF-8", THREE, "python", {"main.py": b"x = '\xff\xfe'\n"}),
    Failure("nested brackets", THREE, "python", {"main.py": b"x = " + b"[" * 5000 + b"]" * 5000}),
    Failure("a NUL", THREE, "python", {"main.py": b"x = 1\n\0\n"}),
    Failure(
        "comments hidden by an encoding",
        THREE,
        "python",
        {"main.py": b"# coding: utf-7\n" + SHELL.format("  +ACM- noqa").encode()},
    ),
    Failure(
        "an encoding that nobody knows", THREE, "python", {"main.py": b"# coding: nope\nx = 1\n"}
    ),
    Failure("one bad file of two", THREE, "python", {"main.py": b"x = 1\n", "b.py": b"(\n"}),
    Failure("an empty file", THREE, "python", {"main.py": b""}, clean=True),
    Failure("900,000 elements", ("ruff", "mypy"), "python", {"main.py": LONG_LIST}, clean=True),
    Failure("900,000 elements", ("bandit",), "python", {"main.py": LONG_LIST}, heavy=True),
    Failure("no source at all", THREE, "python", {"readme.txt": b"hello"}),
    Failure("deep arithmetic", THREE, "python", {"main.py": b"x = " + b"-" * 20000 + b"1\n"}),
)
