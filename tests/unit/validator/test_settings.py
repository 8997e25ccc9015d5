from __future__ import annotations

from pathlib import Path

import pytest

from validator.cli import programs
from validator.errors import ConfigurationError
from validator.jobs.queues import WORKER_QUEUES
from validator.settings import Settings, load, load_settings

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.upper().startswith("TOSV_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "tos-validator.toml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path.absolute()


def refused(config_file: Path | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config_file)
    return caught.value.detail


def test_without_anything_the_defaults_hold() -> None:
    assert load_settings() == Settings()


def test_command_line_beats_environment_beats_file_beats_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write('data_dir = "a"\n[server]\nport = 1\nhost = "::1"\n[log]\nlevel = "error"\n')
    monkeypatch.setenv("TOSV_SERVER__PORT", "2")
    monkeypatch.setenv("TOSV_DATA_DIR", "b")

    loaded = load(data_dir=Path("c"), overrides={"server": {"port": 3}})

    settings = loaded.settings
    assert (settings.data_dir, settings.server.port) == (Path("c"), 3)
    assert (settings.server.host, settings.log.level) == ("::1", "error")
    assert settings.worker.attempts == 3
    assert loaded.origins["server.port"] == "command line"
    assert loaded.origins["server.host"] == "tos-validator.toml"
    assert loaded.origins["worker.attempts"] == "default"


def test_the_environment_alone_beats_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[server]\nport = 1\nmax_wait_s = 5\n")
    monkeypatch.setenv("TOSV_SERVER__PORT", "2")

    loaded = load()

    assert (loaded.settings.server.port, loaded.settings.server.max_wait_s) == (2, 5)
    assert loaded.origins["server.port"] == "environment"


def test_a_whole_section_may_come_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOSV_SERVER", '{"port": 7, "allowed_hosts": ["a"]}')

    server = load_settings().server

    assert (server.port, server.allowed_hosts) == (7, ("a",))


def test_a_variable_may_name_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("[server]\nport = 4\n", "other.toml")
    monkeypatch.setenv("TOSV_CONFIG", str(path))

    assert load_settings().server.port == 4


def test_the_file_named_on_the_command_line_replaces_all_others() -> None:
    write("[server]\nport = 1\n")

    assert load_settings(write("[log]\nlevel = 'error'\n", "other.toml")).server.port == 8000


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("port = 1", "port"),
        ("[servr]\nport = 1", "servr"),
        ("[server]\nprt = 1", "server.prt"),
        ("[server]\nport = 'x'", "server.port: must be a whole number"),
        ("[server]\nport = 70000", "server.port: must be at most 65535"),
        ("server = 1", "server: must be an object"),
        ("[sandbox]\nbackend = 'none'", "sandbox.backend: must be one of auto, docker"),
        ("[limits]\nbudget_s = inf", "limits.budget_s: must be a finite number"),
        ("[limits]\nchecks = 65", "limits.checks: must be at most 64"),
        ("[fetch]\nschemes = ['http']", "fetch.schemes[0]: must be one of https, ipfs, file"),
        ("[fetch]\nschemes = ['file']", "fetch: schemes names file if and only if file_root"),
        (
            "network = 'mainnet'\n[fetch]\nloopback = true",
            "fetch: loopback is for the network devnet",
        ),
        ("[limits]\nfiles = 0", "limits.files: must be at least 1"),
        ("[worker]\nsoft_limit_s = 700", "worker: soft_limit_s < hard_limit_s"),
        ("what", "is not TOML"),
        ("port = 1\nport = 2", "is not TOML"),
    ],
)
def test_a_fault_of_the_file_is_one_sentence_with_the_key(text: str, named: str) -> None:
    detail = refused(write(text))

    assert named in detail
    assert "\n" not in detail


def test_a_misspelled_variable_is_named_with_the_likely_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOSV_SERVR__PORT", "1")

    assert refused() == "TOSV_SERVR__PORT is not a setting; did you mean TOSV_SERVER__PORT?"


@pytest.mark.parametrize("name", ["TOSV_X", "TOSV_", "TOSV_SERVER__PORT__X", "tosv_nothing"])
def test_unknown_variables_are_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")

    assert name in refused()


def test_the_tests_own_variable_is_no_setting_and_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOSV_SOAK", "1")

    assert load_settings() == Settings()


def test_a_wrong_variable_names_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOSV_SERVER__PORT", "eighty")

    assert "server.port: must be a whole number" in refused()


def test_a_variable_that_is_no_json_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOSV_SERVER", "{")

    assert "server" in refused()


def test_a_file_that_is_not_there_or_not_text_is_said_so(tmp_path: Path) -> None:
    assert "there is no configuration file" in refused(tmp_path / "none.toml")

    binary = tmp_path / "b.toml"
    binary.write_bytes(b"\xff\xfe")
    assert "is not TOML" in refused(binary)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOSV_DATABASE__URL", "postgresql+psycopg://u:hunter2@db/v")

    settings = load_settings()

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in settings.model_dump_json()
    assert settings.database.url is not None
    assert settings.database.url.get_secret_value().endswith("hunter2@db/v")


def test_a_wrong_secret_is_not_echoed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOSV_DATABASE", '{"url": ["hunter2"]}')

    assert "hunter2" not in refused()


def test_settings_cannot_be_changed_afterwards() -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError):
        Settings().data_dir = Path("x")  # type: ignore[misc]


def test_an_engine_on_open_tcp_is_refused_before_anything_starts() -> None:
    said = refused(write('[sandbox]\nengine = "tcp://10.0.0.1:2375"\n'))

    assert "without client certificates" in said


def test_an_engine_reached_through_ssh_is_a_setting() -> None:
    settings = load_settings(write('[sandbox]\nengine = "ssh://judge@host"\n'))

    assert settings.sandbox.address.url == "ssh://judge@host"


def test_a_worker_takes_the_queues_that_it_is_given(tmp_path: Path) -> None:
    settings = load_settings(write('[worker]\nqueues = ["sandbox"]\n'))
    argv = programs.worker(settings, {}).argv

    assert argv[argv.index("--queues") + 1] == "sandbox"
    default = programs.worker(Settings(), {}).argv
    assert tuple(default[default.index("--queues") + 1].split(",")) == WORKER_QUEUES


@pytest.mark.parametrize("queues", ['["post"]', "[]", '["fast", "fast"]', '["fast,post"]'])
def test_a_worker_never_takes_queues_of_other_roles(queues: str) -> None:
    assert "queues" in refused(write(f"[worker]\nqueues = {queues}\n"))


def test_settings_reach_a_child_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        'network = "testnet"\n[worker]\nqueues = ["fast"]\n'
        '[sandbox]\nengine = "ssh://judge@host"\nselftest_hours = 6\nfast = "off"\n'
        'fast_reward_max = "100000000000000000000"\n'
        '[fetch]\nschemes = ["https", "ipfs"]\nports = [443, 8443]\nauthorities = "/etc/ca.pem"\n'
        'ipfs_gateway = "https://gateway.example"\n'
        "[economics.split]\nwinners_ppm = 650000\npeers_ppm = 200000\n"
        "[economics.penalties.rules]\ncollusion = {deduction_ppm = 1, ban_days = 2, points = 3}\n"
        "[reputation]\npublisher_weight = 20\n"
    )
    settings = load_settings(write(text), data_dir=Path("d").absolute())
    for name, value in programs.environment(settings).items():
        if name.startswith("TOSV_"):
            monkeypatch.setenv(name, value)
    Path("tos-validator.toml").unlink()

    assert load_settings() == settings


@pytest.mark.parametrize(
    ("section", "line", "word"),
    [
        ("sandbox", "selftest_hours = 0", "selftest_hours"),  # off is not possible
        ("sandbox", "selftest_hours = 1000", "selftest_hours"),
        ("sandbox", "fast_reward_max = -1", "fast_reward_max"),
        ("sandbox", 'fast = "always"', "fast"),
    ],
)
def test_what_would_weaken_a_cage_unseen_is_refused(section: str, line: str, word: str) -> None:
    assert word in refused(write(f"[{section}]\n{line}\n"))


def test_economy_and_reputation_are_set_like_everything_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("[economics.controller]\ntarget_ppm = 700000\n[reputation.levels]\n")
    monkeypatch.setenv("TOSV_REPUTATION__HALF_LIFE_DAYS", "30")
    monkeypatch.setenv("TOSV_ECONOMICS__FEES__PEER__EXPERT", "4000000000")

    loaded = load()

    assert loaded.settings.economics.controller.target_ppm == 700_000
    assert loaded.settings.economics.fees.peer.expert == 4_000_000_000
    assert loaded.settings.reputation.half_life_days == 30
    assert loaded.origins["economics.controller.target_ppm"] == "tos-validator.toml"
    assert loaded.origins["economics.controller.gain_ppm"] == "default"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[economics.split]\nwinners_ppm = 650000",
            (
                "setting economics.split: winners_ppm, peers_ppm, experts_ppm and network_ppm must"
                " be 1000000 together, not 950000"
            ),
        ),
        (
            "[economics.split]\nwinners_ppm = 800000",
            "setting economics.split.winners_ppm: must be at most 700000",
        ),
        (
            "[economics.split]\nwinner_ppm = 1",
            "setting economics.split.winner_ppm: is not a known field",
        ),
        ("[economics]\nsplit = 3", "setting economics.split: must be an object"),
        (
            "[economics.fees.expert]\nmaster = 21000000000",
            "setting economics.fees.expert.master: must be at most 20000000000",
        ),
        (
            "[economics.rewards.bands.beginner]\nlow = 2\nhigh = 1",
            "setting economics.rewards.bands.beginner: low must be at most high",
        ),
        (
            "[economics.fees]\nminer_stake_least_ppm = 500000\nminer_stake_most_ppm = 400000",
            "setting economics.fees: miner_stake_least_ppm must be at most miner_stake_most_ppm",
        ),
        (
            "[economics.controller]\ndead_band_ppm = 10000",
            "setting economics.controller: account_ppm must be at most dead_band_ppm",
        ),
        (
            "[economics.penalties.rules]\nno_reveal = {deduction_ppm=1, ban_days=0, points=1}",
            (
                "setting economics.penalties: rules.no_reveal must cost more than rules.wrong_vote,"
                " points included"
            ),
        ),
        (
            "[economics.penalties]\nmost_ppm = 450000",
            (
                "setting economics.penalties: most_ppm must be at least the greatest deduction_ppm"
                " of the rules"
            ),
        ),
        (
            "[economics.penalties]\nmost_multiple = 20\nmost_ppm = 400000",
            (
                "setting economics.penalties: rules.wrong_vote.deduction_ppm times most_multiple"
                " must be less than most_ppm"
            ),
        ),
        (
            "[reputation.levels]\nskilled_above_ppm = 900000",
            (
                "setting reputation.levels: skilled_above_ppm < expert_above_ppm < master_above_ppm"
                " must hold"
            ),
        ),
        (
            "[reputation.levels]\nskilled_bonus_ppm = 250000",
            (
                "setting reputation.levels: skilled_bonus_ppm <= expert_bonus_ppm <= "
                "master_bonus_ppm must hold"
            ),
        ),
        (
            "[reputation.prior]\nleast_mean_ppm = 850000",
            "setting reputation.prior: least_mean_ppm must be at most most_mean_ppm",
        ),
        (
            "[reputation.prior]\nleast_strength_thousandths = 20000",
            (
                "setting reputation.prior: least_strength_thousandths must be at most"
                " most_strength_thousandths"
            ),
        ),
        ("[reputation]\nhalf_life = 1", "setting reputation.half_life: is not a known field"),
        (
            "[reputation]\nhalf_life_days = 1.5",
            "setting reputation.half_life_days: must be a whole number",
        ),
    ],
)
def test_an_economy_outside_the_design_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    assert refused(write(text)) == sentence


def test_a_mistyped_variable_of_the_economy_is_refused_with_a_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOSV_ECONOMICS__SPLIT__WINNER_PPM", "650000")

    assert "did you mean TOSV_ECONOMICS__SPLIT__WINNERS_PPM?" in refused()


@pytest.mark.parametrize("page", ["economics", "reputation"])
def test_the_settings_on_a_page_are_the_defaults(page: str) -> None:
    text = (REFERENCE / f"{page}.md").read_text(encoding="utf-8")
    shown = text.split("```toml\n")[1].split("```")[0]

    assert len(shown.splitlines()) > 15
    assert load_settings(write(shown)) == Settings()
