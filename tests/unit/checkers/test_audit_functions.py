from __future__ import annotations

import time

import pytest

from checkers.audit.functions import functions_of

SOLIDITY = """\
contract A {
    uint x; // function ghost() {
    modifier onlyOwner { require(true); _; }
    constructor(uint y)
        public
    {
        for (uint i = 0; i < y; i++) { x += i; }
    }
    /* function other() {
    } */
    function pay(address to) external payable onlyOwner returns (bool ok) {
        string memory s = "}{ function";
        (ok, ) = to.call{value: 1}("");
        if (ok) {
            x = 1;
        }
    }
    function () payable { }
    function abstractOne() external;
    uint z;
}
"""
PYTHON = '''\
import os

def outer(a):
    """def ghost():
no indentation here
    """
    def inner():
        return 1

    return inner

async def later(
    x,
):
    # comment
    return x

y = 1
class C:
    def method(self):
        return 2
'''
SCRIPT = """\
const a = 1;
function one(x) {
  return items.map((y) => {
    return y;
  });
}
const two = async (x) => {
  if (x) { call(); }
};
class K { method(a, b) { return a; } }
"""


def test_solidity_functions_are_told_from_other_blocks() -> None:
    found = functions_of("A.sol", SOLIDITY)

    assert found.spans == ((3, 3), (4, 8), (11, 17), (18, 18))


def test_python_functions_follow_indentation() -> None:
    assert functions_of("a.py", PYTHON).spans == ((3, 10), (7, 8), (12, 16), (20, 21))


def test_functions_of_other_languages_follow_braces() -> None:
    found = functions_of("a.js", SCRIPT)

    assert found.spans == ((2, 6), (3, 5), (7, 9), (10, 10))
    c = "struct s { int a; };\nint main(int c, char **v)\n{\n  for (;;) { c++; }\n}\n"
    assert functions_of("a.c", c).spans == ((2, 5),)


def test_the_innermost_function_that_holds_all_lines_is_the_enclosing_one() -> None:
    found = functions_of("a.py", PYTHON)

    assert found.around((8, 8)) == (7, 8)
    assert found.around((8, 10)) == (3, 10)
    assert found.around((10, 12)) is None
    assert found.around((1, 1)) is None
    assert functions_of("A.sol", "").around((1, 1)) is None


@pytest.mark.parametrize(
    "text",
    [
        "{" * 200_000,
        "}" * 200_000,
        "(" * 200_000,
        "function f(" * 30_000,
        "/*" * 100_000,
        '"' * 200_001,
        '"\\' * 100_000,
        "`" * 200_001,
        "function f() {" * 20_000,
        "x" * 400_000 + "{",
        "\x00\u202e{}",
    ],
)
@pytest.mark.parametrize("name", ["a.sol", "a.js", "a.py"])
def test_hostile_sources_are_scanned_in_linear_time(name: str, text: str) -> None:
    started = time.monotonic()
    functions_of(name, text)

    assert time.monotonic() - started < 20
