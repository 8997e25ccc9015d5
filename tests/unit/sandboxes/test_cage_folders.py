"""Folders of cages: deleted when their process is gone, and only then."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sandboxes.bubblewrap.folders import OWNER, PREFIX, UNOWNED_S, CageFolder, reap

HOLD = """\
import sys, time
from pathlib import Path
from sandboxes.bubblewrap.folders import CageFolder
folder = CageFolder(Path(sys.argv[1]))
(folder.path / "secret").write_text("answer")
print(folder.path, flush=True)
time.sleep(60)
"""


def test_the_folder_of_a_killed_process_goes_with_the_next_start(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    left = Path(holder.stdout.readline().strip())
    assert left.is_dir()
    assert reap(time.time(), tmp_path) == 0, "its process lives"
    assert (left / "secret").exists()
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    assert reap(time.time(), tmp_path) == 1
    assert not left.exists()


def test_a_folder_of_this_process_stays_until_it_is_closed(tmp_path: Path) -> None:
    folder = CageFolder(tmp_path)
    assert reap(time.time() + 10 * UNOWNED_S, tmp_path) == 0
    folder.close()
    folder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_lock_gets_time_to_get_one(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}new").mkdir()
    assert reap(time.time(), tmp_path) == 0
    assert reap(time.time() + UNOWNED_S + 1, tmp_path) == 1


def test_links_under_our_names_lead_nowhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept")
    (elsewhere / OWNER).write_text("")
    (tmp_path / f"{PREFIX}link").symlink_to(elsewhere)
    planted = tmp_path / f"{PREFIX}planted"
    planted.mkdir()
    (planted / OWNER).symlink_to(elsewhere / "kept")
    assert reap(time.time() + 2 * UNOWNED_S, tmp_path) == 0
    assert (elsewhere / "kept").read_text() == "kept"


def test_names_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "tos-validator-other").mkdir()
    os.utime(tmp_path / "tos-validator-other", (0, 0))
    assert reap(time.time(), tmp_path) == 0
