from __future__ import annotations

import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest

from checkers.protocol import Case, CheckStatus
from tests.fakes.front_house import SECRET, FrontHouse, TestClient, finding, record
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.domain.verdict import Decision, Flag, Tier
from validator.intake import parse
from validator.settings import LimitSettings
from validator.web.examples import EXAMPLES
from validator.web.pages import render, views

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "</pre></bdi><h1>owned</h1>",
]
UNSEEN = {
    "\x1b[31mred\x1b[0m": r"\x1b[31mred",
    "abc\u202etxt.exe": r"abc\u202etxt.exe",
    "a\u2066b\u2069": r"a\u2066b\u2069",
    "pay\u200bpal": r"pay\u200bpal",
    "nul\x00byte": r"nul\x00byte",
    "bell\x07": r"bell\x07",
    "tag\U000e0041": r"tag\U000e0041",
    "\ufeffbom": r"\ufeffbom",
    "line\u2028end": r"line\u2028end",
    "lone\ud800": r"lone\ud800",
}


class Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(text)
    return parser.found


def submit(house: FrontHouse, name: str = "code", **answer: str) -> str:
    document = json.loads(json.dumps(EXAMPLES[name]))
    document["answer"] |= answer
    body = json.dumps(document).encode()
    accepted = house.submissions.submit(body, LOCAL_OWNER, Origin.API, None)
    return accepted.row.submission_id


def hostile_page(client: TestClient, house: FrontHouse, text: str) -> str:
    """A verdict's page in which every text of others holds the hostile one."""
    submission_id = submit(house)
    check = record(
        summary=text,
        findings=(finding(title=text, category=text, file=text, explanation=text),),
        cases=(Case(text, CheckStatus.FAIL, detail=text),),
        metrics={text: 1.0},
    )
    house.judge(submission_id, checks=(check,), reasons=(text,), flags=(Flag("odd", text, 0.5),))
    return client.get(f"/submissions/{submission_id}").text + client.get("/").text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markup_is_shown_and_never_becomes_markup(
    client: TestClient, house: FrontHouse, text: str
) -> None:
    calm = [(tag, sorted(attrs)) for tag, attrs in tags(hostile_page(client, house, "calm"))]
    page = hostile_page(client, house, text)

    made = [(tag, sorted(attrs)) for tag, attrs in tags(page)]
    assert {entry[0] for entry in made} == {entry[0] for entry in calm}
    assert not [entry for entry in made if any(name.startswith("on") for name in entry[1])]
    assert "<script>alert" not in page


@pytest.mark.parametrize("text", UNSEEN)
def test_control_and_bidi_characters_are_made_visible(
    client: TestClient, house: FrontHouse, text: str
) -> None:
    page = hostile_page(client, house, text)

    assert UNSEEN[text] in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", page)


def test_no_page_has_inline_script_or_style_or_loads_from_elsewhere(
    client: TestClient, house: FrontHouse
) -> None:
    submission_id = submit(house)
    pages = [client.get("/"), client.get(f"/submissions/{submission_id}")]
    house.judge(submission_id)
    pages += [client.get(f"/submissions/{submission_id}"), client.get("/errors/TV001")]

    for page in pages:
        assert page.status_code == 200
        for tag, attrs in tags(page.text):
            assert tag != "style"
            assert "style" not in attrs
            assert tag != "script" or attrs["src"].startswith("/static/live.js")
            for name in ("href", "src"):
                assert (attrs.get(name) or "/").startswith(("/", "#"))


def test_every_printed_value_is_made_visible_even_if_a_template_forgets() -> None:
    template = render.environment().from_string('<a title="{{ value }}">{{ value }}</a>')

    assert template.render(value='\u202e"<') == ('<a title="\\u202e&#34;&lt;">\\u202e&#34;&lt;</a>')


def test_long_values_are_cut_with_their_length() -> None:
    assert str(render.shown("x" * 5000)).endswith("… (1000 more characters)")


def test_empty_page_holds_a_command_that_works(client: TestClient) -> None:
    page = client.get("/").text

    assert "Nothing has been judged yet" in page
    command = shlex.split(views.curl_example("http://127.0.0.1:8000").replace("\\\n", " "))
    body = command[command.index("-d") + 1]
    assert parse(body.encode(), LimitSettings()).submission.task_type == "code"


def test_front_page_walks_by_older(client: TestClient, house: FrontHouse) -> None:
    ids = [submit(house, "math") for _ in range(30)]

    first = client.get("/").text
    older = re.search(r'href="(/\?cursor=[^"]+)"', first)
    assert older
    second = client.get(older[1].replace("&amp;", "&")).text

    assert [one for one in ids if one in first] == ids[5:]
    assert [one for one in ids if one in second] == ids[:5]
    assert "cursor=" not in second


@pytest.mark.parametrize(
    ("decision", "score"),
    [
        (Decision.ACCEPT, 100),
        (Decision.REJECT, 0),
        (Decision.ESCALATE, None),
        (Decision.ABSTAIN, None),
    ],
)
def test_verdict_page_shows_decision_score_and_reasons(
    client: TestClient, house: FrontHouse, decision: Decision, score: int | None
) -> None:
    submission_id = submit(house)
    verdict = house.judge(
        submission_id,
        decision=decision,
        score=score,
        reasons=("because of this",),
        next_tier=Tier.PEER,
    )

    by_submission = client.get(f"/submissions/{submission_id}").text
    by_verdict = client.get(f"/verdicts/{verdict.verdict_id}").text

    assert by_submission == by_verdict
    assert decision.value in by_submission
    assert "because of this" in by_submission
    assert (f"<strong>{score}</strong>" in by_submission) == (score is not None)


def test_hidden_cases_are_counted_and_not_shown(client: TestClient, house: FrontHouse) -> None:
    submission_id = submit(house)
    house.judge(submission_id)

    page = client.get(f"/submissions/{submission_id}").text

    assert "1 hidden" in page
    assert "hidden 1" not in page
    assert SECRET not in page


def test_unfinished_page_refreshes_without_javascript_and_follows_with_it(
    client: TestClient, house: FrontHouse
) -> None:
    submission_id = submit(house)

    page = client.get(f"/submissions/{submission_id}").text

    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'data-live="/v1/submissions/{submission_id}/events"' in page


def test_parked_page_says_that_nobody_blames_the_answer(
    client: TestClient, house: FrontHouse
) -> None:
    submission_id = submit(house)
    for _ in range(3):
        house.store.release(house.store.take_lease(submission_id, "w"), "killed")

    page = client.get(f"/submissions/{submission_id}").text

    assert "It says nothing about the answer" in page
    assert "http-equiv" not in page


@pytest.mark.parametrize("name", ["..%2fapp.py", "app.py", "%2e%2e/app.py", "site.css%00", "."])
def test_only_our_static_files_are_served(client: TestClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_static_files_have_their_type(client: TestClient) -> None:
    assert client.get("/static/site.css").headers["content-type"].startswith("text/css")
    assert client.get("/static/live.js").headers["content-type"].startswith("text/javascript")


def test_script_never_writes_markup() -> None:
    folder = Path(views.__file__).parent.parent / "static"
    script = (folder / "live.js").read_text(encoding="utf-8")

    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script)
