from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.validator.fraud.making import act, copy, paid, votes
from validator.fraud.behaviour import favour_links, timing_links
from validator.fraud.cases import case_file
from validator.fraud.graph import components
from validator.fraud.links import (
    MAX_GROUP,
    MOST,
    Link,
    LinkKind,
    camp_links,
    money_links,
    neighbours,
    text_links,
)
from validator.fraud.records import Act, FraudFlag, FraudKind
from validator.fraud.rings import EDGE, Ring, find_rings, ring_flags

MEMBERS = ["r0", "r1", "r2", "r3"]


def ring_texts(members: list[str], tasks: int, seed: int = 1) -> list[Link]:
    """Each task's best answer, by a victim, is copied by all members in random order."""
    rng = random.Random(seed)
    found = []
    for task in range(tasks):
        order = rng.sample(members, len(members))
        found += [
            copy(member, "victim", 1000 * task + 100 + 10 * place, f"src{task}", 1000 * task)
            for place, member in enumerate(order)
        ]
    return text_links(found, margin=2)


def pairs(links: list[Link]) -> set[tuple[str, str]]:
    return {(link.accused, link.other) for link in links}


def test_a_ring_that_copies_together_is_found_and_its_victim_is_not_in_it() -> None:
    links = ring_texts(MEMBERS, tasks=12) + camp_links([(MEMBERS, 0.8)])

    rings = find_rings(links)

    assert [ring.members for ring in rings] == [tuple(MEMBERS)]
    assert {flag.account for flag in ring_flags(rings)} == set(MEMBERS)
    assert all(flag.kind is FraudKind.COLLUSION for flag in ring_flags(rings))


def test_every_evidence_is_an_act_of_the_accused() -> None:
    links = ring_texts(MEMBERS, tasks=12)
    own = {member: set[str]() for member in MEMBERS}
    for link in links:
        own[link.accused] |= set(link.evidence)

    assert all(not own[one] & own[other] for one in MEMBERS for other in MEMBERS if one != other)
    for flag in ring_flags(find_rings(links)):
        assert set(flag.evidence) <= own[flag.account]


# Framing: what others do never makes a link of the victim.


def test_nobody_is_framed_by_being_copied() -> None:
    copied = [copy("framer", "victim", 50 + 9 * n, f"src{n}", 9 * n) for n in range(40)]

    links = text_links(copied, margin=2)

    assert pairs(links) == {("framer", "victim")}
    assert find_rings(links) == []


def test_nobody_is_framed_by_an_imitator_of_his_copies() -> None:
    found = []
    for number in range(40):
        found.append(copy("copier", "author", 100 * number + 20, f"src{number}", 100 * number))
        found.append(copy("framer", "author", 100 * number + 40, f"src{number}", 100 * number))

    links = text_links(found, margin=2)

    assert ("framer", "copier") in pairs(links)
    assert ("copier", "framer") not in pairs(links)
    assert find_rings(links) == []


def test_nobody_is_framed_by_money_that_is_sent_to_him() -> None:
    transfers = [paid("bank", "victim", 100, 1), paid("victim", "stake", 60, 5)]
    transfers += [paid("framer", "victim", 10**9, at) for at in (0, 2, 3, 9)]

    links = money_links(transfers, public={"bank", "stake"})

    assert pairs(links) == {("framer", "victim")}


def test_nobody_is_framed_by_who_pays_where_he_pays() -> None:
    transfers = [paid("bank", name, 100, 1) for name in ("victim", "framer")]
    transfers += [paid("victim", "shop", 5, 10), paid("framer", "shop", 5, 20)]

    links = money_links(transfers, public={"bank"})

    assert ("victim", "framer") not in pairs(links)
    assert ("framer", "victim") in pairs(links)


@pytest.mark.parametrize("dust", [1, 40])
def test_dust_ties_nobody_to_its_sender(dust: int) -> None:
    """Neither where the victim's own income is not on record, nor where it was barely enough."""
    unseen = [paid("framer", "victim", dust, 1), paid("victim", "shop", 60, 5)]
    barely = [paid("bank", "victim", 60, 0), paid("framer", "victim", dust, 1),
              paid("victim", "shop", 61, 5)]  # fmt: skip

    for transfers in (unseen, barely):
        assert ("victim", "framer") not in pairs(money_links(transfers, public={"bank", "shop"}))


def test_who_foresees_times_and_places_makes_no_ring_with_his_victim() -> None:
    """The framer answers just before it, pays first where it pays, copies it and sends dust."""
    acts = rush(20, 1)
    acts += [
        act("framer", one.submitted_at / 1000 - 2, one.task_id)
        for one in acts
        if one.account == "h0"
    ]
    money = [paid("framer", "h0", 1, 0)]
    for number in range(9):
        money += [paid("framer", f"shop{number}", 1, 10 * number + 1),
                  paid("h0", f"shop{number}", 50, 10 * number + 5)]  # fmt: skip
    copied = [copy("framer", "h0", 50 + 9 * n, f"src{n}", 9 * n) for n in range(40)]

    links = timing_links(acts) + money_links(money) + text_links(copied, margin=2)

    assert ("h0", "framer") in pairs(links), "the attack is not even tried"
    assert find_rings(links) == []


def rush(tasks: int, seed: int) -> list[Act]:
    rng = random.Random(seed)
    return [
        act(f"h{account}", rng.uniform(60, 7200), task=f"t{task}")
        for task in range(tasks)
        for account in range(25)
    ]


def test_nobody_is_framed_by_being_followed() -> None:
    acts = rush(20, 1)
    acts += [
        act("framer", one.submitted_at / 1000 + 2, one.task_id)
        for one in acts
        if one.account == "h0"
    ]

    assert pairs(timing_links(acts)) == {("framer", "h0")}


def test_nobody_is_framed_by_praise() -> None:
    found = votes("framer", "victim", 95, 20) + votes("framer", "others", 60, 20)
    found += votes("victim", "framer", 60, 20) + votes("victim", "others", 61, 20)

    assert pairs(favour_links(found)) == {("framer", "victim")}


names = st.sampled_from(["victim", "a", "b", "c"])


@given(
    st.lists(st.tuples(names, names, st.integers(0, 90), st.integers(0, 9)), max_size=30),
    st.lists(st.tuples(names, names, st.integers(1, 99), st.integers(0, 9)), max_size=30),
)
def test_who_did_nothing_has_no_link_whatever_others_do(
    copies: list[tuple[str, str, int, int]], transfers: list[tuple[str, str, int, int]]
) -> None:
    texts = [
        copy(one, other, order, f"src{source}", 30)
        for one, other, order, source in copies
        if one != "victim"
    ]
    money = [
        paid(one, other, amount, at) for one, other, amount, at in transfers if one != "victim"
    ]

    links = text_links(texts, 1) + money_links(money)

    assert "victim" not in {link.accused for link in links}
    assert all("victim" not in ring.members for ring in find_rings(links))


# What is found.


def test_an_account_that_lives_off_another_is_linked_by_its_spending() -> None:
    transfers = [paid("master", "sybil", 50, 1), paid("exchange", "sybil", 1, 2)]
    before = money_links(transfers, public={"exchange"})
    after = money_links([*transfers, paid("sybil", "stake", 40, 5)], public={"exchange", "stake"})

    assert pairs(before) == {("master", "sybil")}
    assert pairs(after) == {("master", "sybil"), ("sybil", "master")}


def test_simultaneous_bots_follow_each_other_and_a_rush_links_nobody() -> None:
    rng = random.Random(3)
    acts = rush(60, 2)
    for task in range(60):
        moment = rng.uniform(60, 7200)
        acts += [act(f"bot{n}", moment + rng.uniform(0, 5), f"t{task}") for n in range(2)]

    assert pairs(timing_links(acts)) == {("bot0", "bot1"), ("bot1", "bot0")}


def test_a_task_that_all_answer_at_once_links_nobody() -> None:
    rng = random.Random(4)
    acts = [
        act(f"h{account}", 3600 + rng.uniform(0, 30), task=f"t{task}")
        for task in range(40)
        for account in range(30)
    ]

    assert timing_links(acts) == []


def test_favours_are_told_from_a_generous_habit() -> None:
    generous = votes("kind", "a", 90, 10) + votes("kind", "b", 91, 10) + votes("kind", "c", 89, 10)
    mutual = votes("x", "y", 95, 8) + votes("x", "a", 60, 20)
    mutual += votes("y", "x", 92, 8) + votes("y", "a", 58, 20)

    assert pairs(favour_links(generous + mutual)) == {("x", "y"), ("y", "x")}


def test_mutual_favours_in_one_camp_are_a_ring_and_either_alone_is_not() -> None:
    favours = favour_links(
        votes("x", "y", 95, 8) + votes("x", "a", 60, 20) + votes("y", "x", 92, 8)
        + votes("y", "a", 58, 20)
    )  # fmt: skip
    camp = camp_links([(["x", "y"], 1.0)])

    assert find_rings(favours) == find_rings(camp) == []
    assert [ring.members for ring in find_rings(favours + camp)] == [("x", "y")]


def test_an_honest_market_has_no_ring() -> None:
    rng = random.Random(6)
    texts = [
        copy(f"h{rng.randrange(25)}", f"h{rng.randrange(25)}", 50, f"src{n}", 1) for n in range(15)
    ]
    money = [paid("bank", f"h{n}", 100, n) for n in range(25)]
    money += [paid(f"h{n}", "stake", 50, 100 + n) for n in range(25)]

    assert find_rings(text_links(texts, 0) + money_links(money, {"bank", "stake"})
                      + timing_links(rush(60, 7))) == []  # fmt: skip


def test_no_kind_weighs_more_than_its_most_and_only_copying_makes_an_edge_alone() -> None:
    links = ring_texts(MEMBERS, 40) + camp_links([(MEMBERS, 5.0)])

    assert all(0 < link.weight <= MOST[link.kind] for link in links)
    assert {kind for kind, most in MOST.items() if most >= EDGE} == {
        LinkKind.COPIED, LinkKind.SHARED_TEXT,
    }  # fmt: skip


def test_a_very_large_group_grows_linearly() -> None:
    assert sum(1 for _ in neighbours(f"{n:05}" for n in range(3000))) <= 3000 * MAX_GROUP
    assert sum(1 for _ in neighbours(map(str, range(10)))) == 45


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60))
def test_components_are_those_of_the_graph(edges: list[tuple[int, int]]) -> None:
    named = [(str(one), str(other)) for one, other in edges]
    found = components(named)
    group = {node: number for number, nodes in enumerate(found) for node in nodes}

    assert all(group[one] == group[other] for one, other in named)
    assert found == components(reversed(named))
    assert sum(map(len, found)) == len({node for edge in named for node in edge})


# Case files.


def case_ring(members: list[str]) -> Ring:
    found = find_rings(ring_texts(members, 30) + camp_links([(members, 1.0)]))
    assert len(found) == 1
    return found[0]


def test_a_case_has_the_acts_of_its_members_and_is_the_same_for_equal_findings() -> None:
    ring = case_ring(MEMBERS)
    flags = [
        FraudFlag(FraudKind.TOO_FAST, account, "fast", 0.3, ("a",))
        for account in ("r1", "stranger")
    ]

    case, again = case_file(ring, flags), case_file(ring, reversed(flags))

    assert case.case_id == again.case_id != case_file(ring).case_id
    assert json.loads(json.dumps(case.document)) == case.document
    assert case.document["members"] == MEMBERS
    assert {flag["account"] for flag in case.document["flags"]} == set(MEMBERS)


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", '" onload="x', "&amp;]]>", "\u202eevil\x1b[31m", "\x00\x85"],
)
def test_a_picture_shows_hostile_names_as_text(name: str) -> None:
    picture = case_file(case_ring([name, "r1", "r2"])).picture

    root = ET.fromstring(picture)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    attributes = {key for element in root.iter() for key in element.attrib}
    assert tags <= {"svg", "title", "defs", "marker", "path", "rect", "circle", "text"}
    assert not [key for key in attributes if key.startswith("on") or "href" in key]
    assert picture.isprintable() or "\u202e" not in picture


def test_a_picture_of_very_many_draws_some_and_says_so() -> None:
    picture = case_file(case_ring([f"r{n:03}" for n in range(60)])).picture

    assert "60 accounts, 20 not drawn" in picture
    assert picture.count("<circle") == 40
