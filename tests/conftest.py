"""Settings of the test run that every folder shares."""

from __future__ import annotations

import signal

import hypothesis

from tests.components import SOAK

pytest_plugins = ["tests.fixtures_postgres"]

# Machines under test are shared and slow at times: no per-example deadline; the whole test has one.
hypothesis.settings.register_profile(
    "short", deadline=None, max_examples=60, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile(
    "soak", parent=hypothesis.settings.get_profile("short"), max_examples=2000
)
hypothesis.settings.load_profile("soak" if SOAK else "short")

# A run in the background starts with SIGINT ignored, and what it starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
