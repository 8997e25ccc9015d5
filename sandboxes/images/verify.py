"""Try every language of the images in a real sandbox: its version command and a small program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandboxes.docker.backend import DockerSandbox
from sandboxes.images.build import look
from sandboxes.images.groups import build_hint
from sandboxes.languages import LANGUAGES, build, run_argv
from sandboxes.languages.hello import HELLO, OUTPUT
from sandboxes.protocol import BUILD_LIMITS, Job, SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sandboxes.docker.engine import Engine
    from sandboxes.images.groups import Group
    from sandboxes.protocol import Sandbox


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one language or tool of a group, in a sentence; `what` is None for the image."""

    group: str
    what: str | None
    ok: bool
    detail: str


def trials(engine: Engine, groups: Iterable[Group], prefix: str) -> Iterator[Trial]:
    """Try each language and tool of these groups, in a sandbox of the group's image."""
    sandbox: DockerSandbox | None = None
    try:
        for group in groups:
            found = look(engine, group, prefix)
            if found.state != "current":
                yield Trial(group.name, None, False, f"{found.state}; {build_hint(group.name)}")
            if found.state == "missing":
                continue
            sandbox = sandbox or DockerSandbox(prefix, engine=engine)
            for language in group.languages:
                yield try_language(sandbox, group.name, language)
            if group.tools:
                yield from _try_tools(engine, group, found.tag)
    finally:
        if sandbox is not None:
            sandbox.close()


def try_language(sandbox: Sandbox, group: str, language: str) -> Trial:
    """Ask for the version, then build the small program and run it."""
    table = LANGUAGES[language]
    try:
        tool = sandbox.toolchain(language)
        with sandbox.open(language) as session:
            outcome = build(session, language, {table.main: HELLO[language]}, table.main)
            right = outcome.ok
            if right and table.run is not None:
                outcome = session.run(Job(run_argv(language, table.main)))
                right = outcome.stdout.strip() == OUTPUT
    except SandboxError as error:
        return Trial(group, language, False, _plain(str(error)))
    if not right:
        said = outcome.stderr[:200].decode("ascii", "replace").strip() or outcome.detail
        return Trial(group, language, False, f"{outcome.status.value}: {_plain(said)}")
    return Trial(group, language, True, f"{tool.name} {tool.version}")


def _try_tools(engine: Engine, group: Group, tag: str) -> Iterator[Trial]:
    """Ask each tool for its version, in a session of Python, which every image has."""
    sandbox = DockerSandbox(image=tag, engine=engine)
    try:
        with sandbox.open("python") as session:
            for tool in group.tools:
                outcome = session.run(Job((tool, "--version"), limits=BUILD_LIMITS))
                found = re.search(r"\d+(\.\d+)+", outcome.stdout.decode("ascii", "replace"))
                said = found.group() if found else _plain(outcome.detail or outcome.status.value)
                yield Trial(group.name, tool, outcome.ok and found is not None, said)
    except SandboxError as error:
        yield Trial(group.name, None, False, _plain(str(error)))
    finally:
        sandbox.close()


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def verify_images(
    engine: Engine, groups: Iterable[Group], prefix: str, say: Callable[[str], None]
) -> bool:
    """Say what came of each trial; True when all went well."""
    good = True
    for trial in trials(engine, groups, prefix):
        good = good and trial.ok
        say(line(trial))
    return good


def line(trial: Trial) -> str:
    """Return one trial as a line for people; a program's words were made printable before."""
    name = trial.group if trial.what is None else f"{trial.group} {trial.what}"
    return f"{'ok' if trial.ok else 'FAILED'}  {name}: {trial.detail}"
