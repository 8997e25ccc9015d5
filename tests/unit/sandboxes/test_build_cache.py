"""A build is done once for an owner, and never taken from somebody else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandboxes.build_cache import BuildCache, CachedSession, tree_digest
from sandboxes.protocol import Job, Limits, Outcome, Status, Tree
from tests.fakes.cages import CountingCage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

JOB = Job(("cc", "main.c"), limits=Limits())
FILES = {"main.c": b"int main"}


class Builder(CountingCage):
    """Builds what it is given into one program; counts how often."""

    image = "sha256:one"

    def __init__(self, *outcomes: Outcome) -> None:
        super().__init__(outcomes)
        self.program = Tree({})

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        self.program = Tree(dict(files), frozenset(executable))

    def take(self) -> Tree | None:
        return self.program

    def build(self, job: Job) -> Outcome:
        outcome = self.run(job)
        if outcome.ok:
            made = b"made of " + b"".join(self.program.files.values())
            self.program = Tree({**self.program.files, "a.out": made}, frozenset({"a.out"}))
        return outcome


def built(builder: Builder, cache: BuildCache, owner: str = "one", job: Job = JOB) -> Outcome:
    session = CachedSession(builder, cache, owner)
    session.put(FILES)
    return session.build(job)


@pytest.fixture
def cache() -> BuildCache:
    return BuildCache()


def test_the_same_build_is_done_once_and_leaves_the_same_tree(cache: BuildCache) -> None:
    first, second = Builder(), Builder()
    done = built(first, cache)
    again = built(second, cache)

    assert (len(first.jobs), len(second.jobs)) == (1, 0)
    assert again == done
    assert second.program == first.program
    assert second.program.executable == {"a.out"}


def test_another_owner_finds_nothing(cache: BuildCache) -> None:
    builder = Builder()
    built(builder, cache, "one")
    built(builder, cache, "two")

    assert len(builder.jobs) == 2


@pytest.mark.parametrize(
    "job",
    [
        replace(JOB, argv=("cc", "-O3", "main.c")),
        replace(JOB, stdin=b"x"),
        replace(JOB, files={"more.h": b""}),
        replace(JOB, collect=("x",)),
        replace(JOB, limits=Limits(memory_mb=64)),
    ],
)
def test_every_input_is_in_the_key(cache: BuildCache, job: Job) -> None:
    builder = Builder()
    built(builder, cache)
    built(builder, cache, job=job)

    assert len(builder.jobs) == 2


def test_another_image_finds_nothing(cache: BuildCache) -> None:
    builder = Builder()
    built(builder, cache)
    builder.image = "sha256:two"
    built(builder, cache)

    assert len(builder.jobs) == 2


def test_without_an_image_nothing_is_kept(cache: BuildCache) -> None:
    builder = Builder()
    builder.image = None
    built(builder, cache)
    built(builder, cache)

    assert len(builder.jobs) == 2


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Status.RUNTIME_ERROR, exit_code=1),
        Outcome(Status.MEMORY_LIMIT),
        Outcome(Status.INTERNAL_ERROR),
        Outcome(Status.OK, exit_code=0, marginal=True),
    ],
)
def test_only_a_clear_success_is_kept(cache: BuildCache, outcome: Outcome) -> None:
    builder = Builder(outcome, outcome)
    assert built(builder, cache) == outcome
    built(builder, cache)

    assert len(builder.jobs) == 2


def test_a_product_that_is_not_what_it_was_is_not_used(cache: BuildCache) -> None:
    builder = Builder()
    built(builder, cache)
    (product,) = cache._products.values()
    product.tree.files["a.out"] = b"poison"  # type: ignore[index]
    built(builder, cache)

    assert len(builder.jobs) == 2
    assert b"poison" not in builder.program.files.values()


def test_a_second_build_depends_on_what_the_first_left(cache: BuildCache) -> None:
    more = replace(JOB, argv=("strip", "a.out"))
    builder = Builder()
    for _ in range(2):
        session = CachedSession(builder, cache, "one")
        session.put(FILES)
        session.build(JOB)
        session.build(more)
    session = CachedSession(builder, cache, "one")
    session.put({"a.out": b"other"})
    session.build(more)

    assert [job.argv[0] for job in builder.jobs] == ["cc", "strip", "strip"]


def test_room_is_bounded_and_the_oldest_go_first() -> None:
    cache = BuildCache(kept_bytes=250, entries=10)
    for name in "abc":
        cache.keep(name, Outcome(Status.OK), Tree({"x": name.encode() * 100}))

    assert cache.get("a") is None
    assert cache.get("b") is not None
    assert cache.get("c") is not None
    cache.keep("d", Outcome(Status.OK), Tree({"x": b"d" * 251}))
    assert cache.get("d") is None
    cache.keep("e", Outcome(Status.OK), Tree({"x": b"e" * 100}))
    assert cache.get("b") is None


trees = st.dictionaries(st.text(min_size=1, max_size=5), st.binary(max_size=5), max_size=4)


@given(trees, trees)
def test_two_trees_have_one_digest_only_when_they_are_one(
    one: dict[str, bytes], two: dict[str, bytes]
) -> None:
    assert (tree_digest(one, ()) == tree_digest(two, ())) is (one == two)
    assert tree_digest(one, ()) == tree_digest(dict(reversed(one.items())), ())
    if one:
        assert tree_digest(one, ()) != tree_digest(one, (next(iter(one)),))
