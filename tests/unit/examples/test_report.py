from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from examples.demo import report, screen
from examples.demo.corpus import Example
from examples.demo.ledger import Entry
from examples.demo.market import Offer
from examples.demo.results import Judged, summarize
from examples.demo.visible import one_line, visible, visible_html

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<script>alert(1)</script> \x1b[2J\x1b]0;owned\x07 \u202etxet {{7*7}} [red]x[/red] &amp;"


def judged(text: str) -> Judged:
    task = {"id": "t", "type": "code", "title": text, "description": text, "language": "python"}
    document = {
        "task": task,
        "answer": {"id": text, "code": text, "reasoning": text, "files": {text: {"text": text}}},
    }
    checks = [
        {
            "check": "tests", "status": "fail", "score": 0, "summary": text,
            "cases": [
                {"name": text, "status": "fail", "detail": text},
                {"name": "h", "hidden": True},
            ],
            "findings": [{"severity": "high", "title": text, "explanation": text}],
        }
    ]  # fmt: skip
    verdict = {"checks": checks, "sandbox": {"backend": "bubblewrap"}}
    item = Example("t", text, "hostile", "reject", text, document)
    return Judged(item, "reject", 0.5, 0, (text, text), verdict)


def page(text: str = HOSTILE) -> str:
    items = [judged(text)]
    return report.render(items, summarize(items, 1.0))


def test_hostile_text_is_escaped_and_unseen_characters_are_written_out() -> None:
    html = page()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "49" not in html.split("<body>")[1]  # no template is built from data
    assert "{{7*7}}" in html
    assert not [char for char in html if char in "\x1b\x07\u202e"]
    assert '<b class="unseen">U+202E</b>' in html
    assert "&amp;amp;" in html


def test_the_page_forbids_scripts_and_loads_nothing() -> None:
    html = page()
    assert "default-src 'none'" in html
    assert "src=" not in html.replace("default-src", "")
    assert "href=" not in html


def test_a_refusal_and_a_task_without_language_are_shown() -> None:
    document = {"task": {"id": "t", "type": "math", "title": "T", "description": "D"}, "answer": {}}
    item = Judged(Example("t", "a", "hostile", "refused", "w", document), "refused", 0.1)
    html = report.render([item], summarize([item], 1.0))
    assert "refused" in html


def test_long_texts_are_cut() -> None:
    assert len(page("x" * 200_000)) < 100_000


def test_the_report_replaces_an_older_one_and_leaves_no_part(tmp_path: Path) -> None:
    target = tmp_path / "reports" / "demo.html"
    for text in ("first", "second"):
        items = [judged(text)]
        report.write(target, items, summarize(items, 1.0))
    assert "second" in target.read_text(encoding="utf-8")
    assert [path.name for path in target.parent.iterdir()] == ["demo.html"]


@pytest.mark.parametrize("terminal", [True, False])
def test_the_terminal_gets_no_control_character_of_others(terminal: bool) -> None:
    sink = io.StringIO()
    console = Console(file=sink, force_terminal=terminal, width=200, highlight=False, markup=False)
    items = [judged(HOSTILE)]
    with screen.progress(console, 1) as advance:
        advance(items[0])
    screen.show(console, items, summarize(items, 1.0))
    shown = sink.getvalue()
    assert "\x1b]0;" not in shown
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown
    assert "U+202E" in shown


def test_visible_keeps_ordinary_text_and_accents() -> None:
    assert visible("Zürich\n\té e\u0301 漢") == "Zürich\n\té e\u0301 漢"
    assert visible("a\x00b\u2066c") == "a<U+0000>b<U+2066>c"
    assert one_line("a\n\n  b") == "a b"


def test_a_written_out_character_cannot_be_forged_in_html() -> None:
    assert str(visible_html("<b class=unseen>")) == "&lt;b class=unseen&gt;"


def entry(text: str = HOSTILE, **changes: object) -> Entry:
    offer = Offer(Example(text, text, "hostile", "reject", text, {}), 2, text, b"t" * 32, b"a" * 32)
    values = {"score": 10, "tx_hash": "ab" * 32, "height": 77} | changes
    return Entry(offer, **values)  # type: ignore[arg-type]


def test_the_chain_s_verdicts_are_shown_escaped_with_transaction_and_block() -> None:
    items = [judged("x")]
    html = report.render(items, summarize(items, 1.0), [entry()])
    shown = html.split("On the development chain")[1].split("</section>")[0]

    assert "ab" * 32 in shown
    assert "77" in shown
    assert "final" in shown
    assert "<script" not in html
    assert not [char for char in html if char in "\x1b\x07\u202e"]


def test_a_page_without_a_chain_says_nothing_of_one() -> None:
    assert "On the development chain" not in page()


def test_the_terminal_shows_the_chain_s_verdicts_and_no_control_character_of_others() -> None:
    out = io.StringIO()
    entries = [entry(), entry("missing", score=None, tx_hash="", height=None)]
    console = Console(file=out, width=400, highlight=False, markup=False)
    screen.show_chain(console, entries)

    shown = out.getvalue()
    assert "ab" * 32 in shown
    assert "1 of 2 verdicts final on the chain and as expected" in shown
    assert not [char for char in shown if char in "\x1b\x07\u202e"]
