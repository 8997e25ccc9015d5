"""The table and the folder of programs are about the same things."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.hostile.case import CATEGORIES, LANGUAGES, PROGRAMS
from tests.hostile.runner import SHARED
from tests.hostile.table import CASES

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = {
    "judge/second_answer.py", "judge/exits_early.py", "judge/equals_all.py",
    "judge/patches_judge.py", "network/abstract_server.py", "network/abstract_client.py",
}  # fmt: skip
"""Programs of tests of their own: the judge decides, or two run at a time."""

KNOWN_SET = {
    "one byte at a time": "output/byte_at_a_time.py",
    "closes everything, then computes": "output/close_all.c",
    "a child answers on behalf of the supervisor": "supervisor/impostor.py",
    "memory behind an anonymous file": "resources/memfd.c",
    "two children block on each other's pipe": "time/pipe_deadlock.py",
    "a name of 255 bytes that is no text": "filesystem/odd_names.py",
    "a deleted file that grows": "filesystem/deleted_growing.c",
    "changes its own limits, then re-executes": "resources/rlimit_reexec.c",
    "a timer fires after the parent's exit": "time/late_timer.c",
    "an answer followed by a second one": "judge/second_answer.py",
    "an archive of links": "filesystem/archive.py",
    "compiles only the second time": "compile/second_time.c",
    "answers at 95% of the wall limit": "time/almost_late.py",
    "reads its input twice": "judge/reads_twice.py",
}
"""The sandbox design's own set; numbers that are none and the endless line are in test_judged."""


def programs() -> list[Path]:
    return sorted(path for path in PROGRAMS.rglob("*") if path.suffix in LANGUAGES)


def test_every_program_is_run() -> None:
    found = {str(path.relative_to(PROGRAMS)) for path in programs()} - set(SHARED)
    followers = {case.then for case in CASES if case.then}

    assert found == {case.program for case in CASES} | followers | ELSEWHERE
    assert {case.category for case in CASES} == set(CATEGORIES)
    assert len(CASES) >= 16 + 60


def test_cases_are_named_once() -> None:
    names = Counter(case.name for case in CASES)

    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("program", KNOWN_SET.values(), ids=KNOWN_SET)
def test_the_designs_own_set_is_there(program: str) -> None:
    assert program in {case.program for case in CASES} | ELSEWHERE


@pytest.mark.parametrize("path", programs(), ids=lambda path: path.name)
def test_every_program_says_what_it_attacks(path: Path) -> None:
    first = path.read_text().splitlines()[0]

    assert first.startswith(("# ", "/* ", "// ", '"""'))
    assert len(first) > 15
