from __future__ import annotations

from typing import TYPE_CHECKING

from sandboxes.bubblewrap.cgroups import Group, Places, find_places

if TYPE_CHECKING:
    from pathlib import Path


def mount(kind: str, path: Path, options: str) -> str:
    return f"30 20 0:26 / {path} rw,nosuid - {kind} {kind} rw,{options}"


def test_without_writable_groups_there_are_no_places(tmp_path: Path) -> None:
    assert find_places("", "") is None
    assert find_places(mount("cgroup2", tmp_path / "gone", "x"), "0::/a") is None


def test_version_1_finds_each_controller_in_its_own_folder(tmp_path: Path) -> None:
    for name in ("memory/mine", "pids", "cpu,cpuacct"):
        (tmp_path / name).mkdir(parents=True)
    text = "\n".join(
        (
            mount("cgroup", tmp_path / "memory", "memory"),
            mount("cgroup", tmp_path / "pids", "pids"),
            mount("cgroup", tmp_path / "cpu,cpuacct", "cpu,cpuacct"),
        )
    )

    places = find_places(text, "4:memory:/mine\n8:pids:/elsewhere\n2:cpu,cpuacct:/")

    assert places is not None
    assert not places.unified
    assert places.folders == {
        "memory": tmp_path / "memory" / "mine",
        "pids": tmp_path / "pids",
        "cpuacct": tmp_path / "cpu,cpuacct",
    }
    assert places.home == places.folders


def test_version_2_takes_the_nearest_folder_that_hands_controllers_down(tmp_path: Path) -> None:
    (tmp_path / "slice" / "service").mkdir(parents=True)
    (tmp_path / "slice" / "service" / "cgroup.subtree_control").write_text("")
    (tmp_path / "slice" / "cgroup.subtree_control").write_text("cpu memory pids")

    places = find_places(mount("cgroup2", tmp_path, "nsdelegate"), "0::/slice/service")

    assert places is not None
    assert places.unified
    assert set(places.folders.values()) == {tmp_path / "slice"}


def test_a_group_reads_what_version_2_writes(tmp_path: Path) -> None:
    group = Group(
        Places(unified=True, folders=dict.fromkeys(("memory", "pids", "cpuacct"), tmp_path))
    )
    (folder,) = tmp_path.iterdir()
    for name, text in {
        "cpu.stat": "usage_usec 1500000\nuser_usec 1\n",
        "memory.peak": "4194304\n",
        "memory.events": "low 0\noom 3\noom_kill 2\noom_group_kill 1\n",
        "pids.events": "max 7\n",
    }.items():
        (folder / name).write_text(text)

    group.limit(64, 10)
    seen = group.read()

    assert (seen.cpu_s, seen.memory_mb, seen.oom_kills, seen.refused_tasks) == (1.5, 4.0, 2, 7)
    assert (folder / "memory.max").read_text() == str(64 << 20)
    assert (folder / "memory.swap.max").read_text() == "0"
    assert (folder / "pids.max").read_text() == "10"


def test_without_places_a_group_knows_nothing_and_breaks_nothing() -> None:
    group = Group(None)
    group.limit(1, 1)
    group.raise_memory(2)
    with group.lend():
        group.add(1)

    assert group.read().cpu_s is None
    assert not group.holds_memory
    group.close()
