from __future__ import annotations

import re
from collections import Counter

import pytest

from checkers.audit.categories import GROUPS, canonical, group_of, same
from checkers.audit.weaknesses import WEAKNESSES


@pytest.mark.parametrize(
    "text",
    [
        "SWC-107",
        "swc 107",
        "SWC107",
        "swc_0107",
        "SWC-107: Reentrancy",
        "CWE-841",
        "cwe 841",
        "external/cwe/cwe-841",
        "Reentrancy",
        "re-entrancy",
        "RE_ENTRANCY",
        "DASP-1",
        "SC05",
        "SC05:2025 - Reentrancy Attacks",
        "  reentrancy attack ",
    ],
)
def test_reentrancy_is_known_however_it_is_spelled(text: str) -> None:
    assert canonical(text) == "reentrancy"


def test_a_number_comes_before_the_words_after_it() -> None:
    assert canonical("SWC-107: Arithmetic") == "reentrancy"


def test_the_whole_swc_registry_is_known() -> None:
    assert [number for number in range(100, 137) if canonical(f"SWC-{number}") is None] == []
    assert canonical("SWC-99") is None
    assert canonical("SWC-137") is None


def test_the_lists_of_dasp_and_owasp_are_known() -> None:
    entries = [f"DASP-{number}" for number in range(1, 11)]
    entries += [f"SC{number:02d}:2025" for number in range(1, 11)]
    entries += [f"A{number:02d}:2021" for number in range(1, 11)]
    names = [canonical(entry) for entry in entries]

    assert None not in names
    assert len(set(names[:10])) == len(set(names[10:20])) == len(set(names[20:])) == 10


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("access_control", "access_control"),
        ("arithmetic", "arithmetic"),
        ("bad_randomness", "bad_randomness"),
        ("denial_of_service", "denial_of_service"),
        ("front_running", "front_running"),
        ("other", "other"),
        ("short_addresses", "short_addresses"),
        ("time_manipulation", "time_manipulation"),
        ("unchecked_low_level_calls", "unchecked_low_level_calls"),
        ("Denial of Service (DoS) Attacks", "denial_of_service"),
        ("Server-Side Request Forgery (SSRF)", "server_side_request_forgery"),
        ("CWE-89", "sql_injection"),
        ("SQL injection", "sql_injection"),
        ("CWE-79: Cross-site Scripting", "cross_site_scripting"),
        ("tx.origin", "tx_origin"),
        ("CWE-416", "use_after_free"),
    ],
)
def test_names_of_labels_and_titles_are_known(text: str, name: str) -> None:
    assert canonical(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nonsense",
        "SWC",
        "CWE-0",
        "CWE-99999",
        "A01:2017",
        "SC01:2023",
        "107",
        "é",
        "a" * 999,
    ],
)
def test_what_is_in_no_list_is_unknown(text: str) -> None:
    assert canonical(text) is None


def test_a_bare_number_is_read_in_the_taxonomy_of_the_task() -> None:
    assert canonical("107", "swc") == "reentrancy"
    assert canonical("0841", "cwe") == "reentrancy"
    assert canonical("1", "dasp") == "reentrancy"
    assert canonical("1", "owasp") is None


def test_a_kind_matches_its_group_and_no_other_kind_of_it() -> None:
    assert same("tx_origin", "access_control")
    assert same("access_control", "tx_origin")
    assert same("tx_origin", "tx_origin")
    assert not same("tx_origin", "unprotected_selfdestruct")
    assert not same("reentrancy", "access_control")


def test_groups_have_no_group_of_their_own() -> None:
    assert not set(GROUPS.values()) & set(GROUPS)
    assert {group_of(name) for name in GROUPS.values()} == set(GROUPS.values())


def test_no_name_stands_in_two_rows() -> None:
    spelled = Counter(
        re.sub(r"[^a-z0-9]", "", text.lower())
        for row in WEAKNESSES
        for text in (row.name, *row.also, *row.owasp, *(f"swc{one}" for one in row.swc))
    )
    numbers = Counter(number for row in WEAKNESSES for number in row.cwe)

    assert [text for text, count in spelled.items() if count > 1] == []
    assert [number for number, count in numbers.items() if count > 1] == []
