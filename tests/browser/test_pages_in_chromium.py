"""The pages as a person's browser sees them: policy obeyed, live state, hostile text harmless."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.components import missing
from tests.fakes.front_house import FrontHouse, finding, front_house, record, serving
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.web.examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[FrontHouse]:
    with front_house(tmp_path) as opened:
        yield opened


@contextmanager
def browsing(**options: object) -> Iterator[tuple[Page, list[str]]]:
    """A page of Chromium, and everything that its console complained of."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        missing("no Chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(**options)  # type: ignore[arg-type]
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page, complaints
        browser.close()


def submit(house: FrontHouse) -> str:
    body = json.dumps(EXAMPLES["code"]).encode()
    return house.submissions.submit(body, LOCAL_OWNER, Origin.API, None).row.submission_id


def test_an_open_page_shows_the_verdict_by_itself(house: FrontHouse) -> None:
    submission_id = submit(house)
    with serving(house.app()) as url, browsing() as (page, complaints):
        page.goto(f"{url}/submissions/{submission_id}")
        expect(page.locator(".decision")).to_have_text("waiting")

        house.judge(submission_id)

        expect(page.locator(".decision")).to_have_text("accept", timeout=10_000)
        expect(page.locator(".score strong")).to_have_text("100")
    assert complaints == []


def test_the_pages_work_without_javascript(house: FrontHouse) -> None:
    submission_id = submit(house)
    with serving(house.app()) as url, browsing(java_script_enabled=False) as (page, _):
        page.goto(f"{url}/submissions/{submission_id}")
        house.judge(submission_id)

        expect(page.locator(".decision")).to_have_text("accept", timeout=10_000)
        page.goto(url)
        page.get_by_role("link", name="sum-of-two").click()
        expect(page.locator(".decision")).to_have_text("accept")


def test_hostile_text_runs_nothing_and_the_policy_has_nothing_to_stop(house: FrontHouse) -> None:
    submission_id = submit(house)
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    house.judge(
        submission_id,
        reasons=(attack,),
        checks=(record(summary=attack, findings=(finding(title=attack, explanation=attack),)),),
    )
    with serving(house.app()) as url, browsing() as (page, complaints):
        page.goto(f"{url}/submissions/{submission_id}")

        expect(page.locator(".reasons li").first).to_have_text(attack)
        assert "owned" not in page.title()
        assert page.locator("main img").count() == 0
    assert complaints == []


def test_the_policy_stops_what_a_forgotten_escape_would_let_in(house: FrontHouse) -> None:
    with serving(house.app()) as url, browsing() as (page, complaints):
        page.goto(url)
        page.evaluate(
            """() => {
                const bad = document.createElement("script");
                bad.textContent = "document.title = 'owned'";
                document.body.append(bad);
                const far = document.createElement("img");
                far.src = "http://127.0.0.1:1/x.png";
                document.body.append(far);
            }"""
        )

        assert page.title() != "owned"
    assert len([text for text in complaints if "Content Security Policy" in text]) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_scrolls_sideways(house: FrontHouse, scheme: str, width: int) -> None:
    submission_id = submit(house)
    house.judge(submission_id, reasons=("x" * 2000, "\u05d0" * 500))
    size = {"width": width, "height": 800}
    with (
        serving(house.app()) as url,
        browsing(color_scheme=scheme, viewport=size) as (page, _),
    ):
        for path in ("/", f"/submissions/{submission_id}", "/errors/TV001"):
            page.goto(url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
