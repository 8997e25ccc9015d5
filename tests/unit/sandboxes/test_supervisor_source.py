"""What the supervisor is compiled from, and that both sides of the wire know the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandboxes import messages, resources, seccomp, wire
from sandboxes.docker import frames
from sandboxes.images import build as images
from sandboxes.images import supervisor as supervisor_source
from sandboxes.images.supervisor import SOURCE, constants, program_files
from sandboxes.protocol import ENVIRONMENT, PROGRAM_DIR, WORK_DIR, Limits, Status

if TYPE_CHECKING:
    import pytest

UNSAFE = re.compile(r"\bunsafe\b")


def value_of(name: str) -> str:
    """What a constant is in the generated module."""
    found = re.search(rf"^pub const {name}: [^=]+ = (.+?);$", constants(), re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[1]


def test_the_program_knows_what_this_side_knows() -> None:
    assert value_of("VERSION") == str(wire.VERSION)
    assert value_of("MAX_BODY") == str(wire.MAX_BODY)
    assert value_of("FRAME_ROOM") == str(ord(frames.ROOM))
    assert value_of("SLACK_FILES") == str(resources.SLACK_FILES)
    assert value_of("WORK_DIR") == f'"{WORK_DIR}"'
    assert value_of("MARGIN") == "0.9"
    for name, word in ENVIRONMENT.items():
        assert f'("{name}", "{word}")' in value_of("ENVIRONMENT")
    assert '(11, "SIGSEGV")' in value_of("SIGNAL_NAMES")


def test_every_status_that_a_job_can_have_is_there() -> None:
    named = dict(re.findall(r'pub const (\w+): Self = Self\("(\w+)"\)', constants()))

    assert named == {
        one.name: one.value
        for one in Status
        if one not in (Status.COMPILE_ERROR, Status.COMPILE_LIMIT)
    }


def test_a_changed_value_changes_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(program_files())
    digest = images.source_digest("bash")
    monkeypatch.setattr(supervisor_source, "OPERATOR_LIMITS", Limits(files=7))
    after = dict(program_files())

    assert {name for name in before if before[name] != after[name]} == {"supervisor/constants.rs"}
    assert images.source_digest("bash") != digest
    assert "files: 7 }" in value_of("OPERATOR_LIMITS")
    assert value_of("OPERATOR_LIMITS") != value_of("DEFAULT_LIMITS")


def test_the_filters_are_those_of_the_table() -> None:
    files = dict(program_files())

    assert {name for name in files if "/filter." in name} == {
        f"supervisor/filter.{machine}" for machine in seccomp.AUDIT_ARCH
    }
    for machine in seccomp.AUDIT_ARCH:
        assert files[f"supervisor/filter.{machine}"] == seccomp.program(machine)


def test_what_stands_in_the_source_is_not_written_a_second_time() -> None:
    text = "\n".join(path.read_text() for path in SOURCE.rglob("*.rs") if "test" not in path.name)
    ours = re.sub(r"#\[cfg\(test\)\]\nmod tests \{.*?^\}", "", text, flags=re.MULTILINE | re.DOTALL)

    for word in (PROGRAM_DIR, WORK_DIR, *ENVIRONMENT, *(one.value for one in Status)):
        assert f'"{word}"' not in ours, word
    for number in (messages.OPERATOR_LIMITS.files, wire.MAX_HEAD, wire.MAX_BODY):
        assert str(number) not in ours.replace("_", "")


def test_unsafe_code_is_confined_and_explained() -> None:
    for path in SOURCE.rglob("*.rs"):
        lines = path.read_text().splitlines()
        used = [at for at, line in enumerate(lines) if UNSAFE.search(line.split("//")[0])]
        if path.parent.name != "sys":
            assert used in ([], [at for at in used if "deny(unsafe_code" in lines[at]]), path
            continue
        for at in used:
            above = "\n".join(lines[max(0, at - 4) : at])
            assert "extern" in lines[at] or "SAFETY" in above or "allow" in lines[at], (path, at)


def test_every_file_says_what_it_is_for_and_stays_small() -> None:
    for path in SOURCE.rglob("*.rs"):
        lines = path.read_text().splitlines()
        assert lines[0].startswith("//! "), path
        assert len(lines) < 420, path
        assert max(map(len, lines)) <= 100, path
