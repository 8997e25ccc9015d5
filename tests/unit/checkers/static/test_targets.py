"""What analyzers are shown: sources alone, under names of ours."""

from __future__ import annotations

import pytest

from checkers.static.encodings import is_odd
from checkers.static.targets import make_target


def test_only_sources_are_laid_out_and_under_our_names() -> None:
    target = make_target(
        "python",
        {
            "-r.py": b"a",
            "mypy.ini": b"[mypy]",
            "pkg/x.py": b"b",
            ".bandit": b"",
            "typing.py": b"c",
            "x.pyi": b"",
        },
    )

    assert target.files == {"s0.py": b"a", "s1.py": b"b", "s2.py": b"c"}
    assert target.names == {"s0.py": "-r.py", "s1.py": "pkg/x.py", "s2.py": "typing.py"}
    assert target.modules == {"s1.py": "m/pkg/x.py"}
    assert set(target.tree) == {"s0.py", "s1.py", "s2.py", "m/pkg/x.py"}
    assert target.places() == ("/program/s0.py", "/program/m/pkg/x.py", "/program/s2.py")
    assert target.own_name("/program/m/pkg/x.py") == "pkg/x.py"
    assert target.own_name("/etc/passwd") is None


def test_headers_and_declarations_come_along_and_are_no_sources() -> None:
    native = make_target("c", {"main.c": b"", "u.h": b"", "o.txt": b""})
    assert native.paths(".c") == ("/program/s0.c",)
    assert native.modules == {"s0.c": "m/main.c", "s1.h": "m/u.h"}
    assert make_target("c", {"u.h": b""}).files == {}
    typed = make_target("typescript", {"main.ts": b"", "a.b.d.ts": b"", "node_modules/a.ts": b""})
    assert typed.modules == {"s0.d.ts": "m/a.b.d.ts", "s1.ts": "m/main.ts"}


@pytest.mark.parametrize(
    "head",
    [
        b"# coding: utf-7",
        b"\r# coding: utf-7\n",
        b"#!/x\r# coding: utf-7",
        b"#!/x\n# -*- coding: utf_7 -*-",
        b"# vim: set fileencoding=rot13 :",
    ],
)
def test_an_encoding_that_hides_comments_is_told(head: bytes) -> None:
    assert is_odd(head + b"\nx = 1\n", "python")


@pytest.mark.parametrize(
    "head", [b"# coding: utf-8", b"# -*- coding: latin-1 -*-", b"x = 1\ny = 2\n# coding: utf-7"]
)
def test_plain_encodings_are_fine(head: bytes) -> None:
    assert not is_odd(head + b"\n", "python")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "latin-1"])
def test_typescript_that_is_not_utf_8_is_odd(encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""

    assert is_odd(mark + "// @ts-nocheck \xe4\n".encode(encoding), "typescript")
    assert not is_odd("// \xe4\n".encode("utf-8-sig"), "typescript")


def test_a_compiler_that_knows_one_encoding_needs_no_look_at_it() -> None:
    assert not is_odd(b"x = '\xff'", "c")
    assert not is_odd(b"# coding: utf-7", "bash")
