from __future__ import annotations

from dataclasses import replace

import pytest

from sandboxes.bubblewrap.promises import Ground, promises
from sandboxes.protocol import Grip
from sandboxes.selfcheck import PROPERTIES, Line

FIRM = Ground(
    root=True,
    kernel_root=False,
    proc=True,
    system_filter=True,
    memory_group=True,
    cpu_group=True,
    task_group=True,
)


def test_there_are_at_least_thirty_properties_each_with_a_sentence() -> None:
    assert len(PROPERTIES) >= 30
    assert all(sentence.endswith(".") for sentence in PROPERTIES.values())


def test_every_property_is_declared_on_every_ground() -> None:
    assert set(promises(FIRM)) == set(PROPERTIES)
    assert set(promises(FIRM).values()) == {Grip.HELD}


@pytest.mark.parametrize("part", ["memory_group", "cpu_group", "system_filter"])
def test_what_the_ground_lacks_is_not_promised(part: str) -> None:
    assert Grip.WEAK in promises(replace(FIRM, **{part: False})).values()


def test_root_in_a_user_namespace_is_not_kept_from_root() -> None:
    ground = replace(FIRM, root=False, kernel_root=True, task_group=False)

    assert promises(ground)["not-root"] is Grip.NOT_HELD
    assert promises(ground)["processes"] is Grip.WEAK


@pytest.mark.parametrize(
    ("declared", "seen", "ok"),
    [
        (Grip.HELD, True, True),
        (Grip.HELD, False, False),
        (Grip.HELD, None, False),
        (Grip.WEAK, True, True),
        (Grip.WEAK, False, True),
        (Grip.NOT_HELD, False, True),
        (Grip.NOT_HELD, True, False),
    ],
)
def test_a_declaration_is_compared_with_what_was_seen(
    declared: Grip, seen: bool | None, ok: bool
) -> None:
    assert Line("x", "X.", declared, seen, "", 0).ok is ok
