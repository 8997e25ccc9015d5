from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.posting.rows import NOW, answer_row, post_row, task_row
from validator.domain.posting import IN_FLIGHT, Post, PostState
from validator.posting.scheduler import Choice, Pace, Wait, choose, late
from validator.store.posts import AnswerRow, TaskRow, Waits
from validator.wire.tos.rules import Account

PACE = Pace(NOW, 3000, 120_000)
RESTED = Account(1, transaction_count=5, last_submission_time=NOW - 10_000, reputation_score=7000)
TASK = "d5" * 32


def chosen(posts: list[Post], task: TaskRow, pace: Pace = PACE) -> Choice:
    found = choose(posts, {task.task_id: task}, pace, RESTED)
    assert isinstance(found, Choice), found
    return found


@pytest.mark.parametrize("state", IN_FLIGHT)
def test_nothing_new_goes_while_a_nonce_is_under_way(state: PostState) -> None:
    posts = [post_row(1, state=state, nonce=3), post_row(2)]

    found = choose(posts, {TASK: task_row(answer_row(1), answer_row(2))}, PACE, RESTED)

    assert found == Wait(NOW + 3000, "one verdict for each key and block")


def test_the_pause_of_the_account_is_waited_for() -> None:
    tired = Account(1, 5, last_submission_time=NOW - 100, reputation_score=7000)

    found = choose([post_row(1)], {TASK: task_row(answer_row(1))}, PACE, tired)

    assert found == Wait(NOW + 800, "the account's pause lasts 800 ms more")


def test_an_accept_waits_until_its_time_while_another_answer_is_in_work() -> None:
    posts = [post_row(1, score=70, not_before=NOW + 5000)]
    task = task_row(answer_row(1), answer_row(2, in_work=True))

    assert isinstance(choose(posts, {TASK: task}, PACE, RESTED), Wait)
    late_pace = Pace(NOW + 5000, 3000, 0)
    assert chosen(posts, task, late_pace).post is posts[0]
    assert chosen(posts, task_row(answer_row(1), answer_row(2))).post is posts[0]


def test_an_accept_goes_out_within_the_margin_of_the_deadline() -> None:
    posts = [post_row(1, score=70, not_before=NOW + 900_000, deadline_ms=NOW + 120_000)]
    task = task_row(answer_row(1), answer_row(2, in_work=True), deadline_ms=NOW + 120_000)

    assert chosen(posts, task).post is posts[0]


def test_of_one_task_low_scores_go_first_then_the_best_then_the_earliest() -> None:
    scores = [75, 90, 90, 40, 69]
    left = [post_row(number, score=score) for number, score in enumerate(scores, 1)]
    task = task_row(*(answer_row(number) for number in range(1, 6)))
    order = []
    while left:
        order.append(chosen(left, task).post)
        left.remove(order[-1])

    assert [int(post.answer_id, 16) for post in order] == [4, 5, 2, 3, 1]


def test_a_near_deadline_goes_before_a_great_reward() -> None:
    near = post_row(1, deadline_ms=NOW + 100_000, task_id="aa" * 32)
    rich = post_row(2, reward=10**12)
    tasks = {
        "aa" * 32: task_row(answer_row(1, task_id="aa" * 32), task_id="aa" * 32),
        TASK: task_row(answer_row(2)),
    }

    assert choose([rich, near], tasks, PACE, RESTED) == Choice(near)
    assert choose([rich, near], tasks, Pace(NOW, 3000, 0), RESTED) == Choice(rich)


@pytest.mark.parametrize(
    ("other", "rows", "words"),
    [
        (post_row(2, score=90, state=PostState.HELD), (), "with 90 points waits"),
        (None, (answer_row(2, height=50, in_work=True),), "came first and is not judged yet"),
    ],
)
def test_an_accept_that_is_unfair_to_another_answer_says_to_whom(
    other: Post | None, rows: tuple[AnswerRow, ...], words: str
) -> None:
    posts = [post_row(1, score=80)] + ([] if other is None else [other])
    answers = rows or (answer_row(2),)

    found = chosen(posts, task_row(answer_row(1), *answers))

    assert found.post is posts[0]
    assert words in str(found.unfair)


def test_a_later_equal_answer_that_waits_is_no_injustice() -> None:
    posts = [post_row(1, score=80), post_row(2, score=80)]

    assert chosen(posts, task_row(answer_row(1), answer_row(2))) == Choice(posts[0])


def test_what_is_past_its_deadline_is_late_and_never_chosen() -> None:
    posts = [
        post_row(1, deadline_ms=NOW - 1), post_row(2, deadline_ms=NOW - 1, state=PostState.HELD),
        post_row(3, deadline_ms=NOW - 1, state=PostState.IN_PROGRESS), post_row(4),
    ]  # fmt: skip

    assert late(posts, NOW) == posts[:2]
    assert isinstance(choose(posts[:1], {TASK: task_row(answer_row(1))}, PACE, RESTED), Wait)


@pytest.mark.parametrize("status", ["Completed", "Expired", "Cancelled"])
def test_a_closed_task_gets_nothing(status: str) -> None:
    task = task_row(answer_row(1), status=status)

    assert isinstance(choose([post_row(1)], {TASK: task}, PACE, RESTED), Wait)


STATES = st.sampled_from([PostState.HELD, PostState.UNSTARTED, PostState.IN_PROGRESS])
TIMES = st.integers(NOW - 200_000, NOW + 1_500_000)


@given(
    st.lists(st.tuples(st.integers(0, 100), STATES, TIMES, TIMES), max_size=6),
    st.lists(st.booleans(), min_size=8, max_size=8),
    TIMES,
)
def test_a_choice_never_breaks_the_rules(
    drawn: list[tuple[int, PostState, int, int]], in_work: list[bool], now: int
) -> None:
    posts = [
        post_row(number, score=score, state=state, not_before=before, deadline_ms=deadline)
        for number, (score, state, before, deadline) in enumerate(drawn)
    ]
    task = task_row(
        *(
            answer_row(number, in_work=busy and number >= len(drawn))
            for number, busy in enumerate(in_work)
        )
    )
    pace = Pace(now, 3000, 120_000)

    found = choose(posts, {TASK: task}, pace, RESTED)

    if isinstance(found, Wait):
        assert found.until_ms > now
        return
    post = found.post
    assert post.state is PostState.UNSTARTED
    assert not any(each.state in IN_FLIGHT for each in posts)
    assert now <= post.deadline_ms
    if post.score >= 70:
        others = [each for each in task.answers if each.in_work]
        allowed = now >= min(post.not_before, post.deadline_ms - 120_000)
        assert allowed or not others
        assert not any(
            each.score < 70
            for each in posts
            if each.state is PostState.UNSTARTED
            and each.deadline_ms == post.deadline_ms
            and each.reward == post.reward
        )


@given(st.integers(0, 100), st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**6))
def test_an_accept_never_waits_past_its_margin_or_its_time(
    score: int, deadline: int, margin: int, wait: int
) -> None:
    until = Waits(margin, wait).until(score, NOW, deadline)

    assert until >= NOW
    assert until <= max(NOW, deadline - margin)
    assert until <= NOW + wait
    assert score >= 70 or until == NOW
