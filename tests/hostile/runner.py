"""Runs one case of the table as the table says, and looks at what came of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from sandboxes import languages
from sandboxes.protocol import Grip, Job, Outcome, Sandbox, SandboxError, Session, Status
from tests.hostile.case import BUILD, LANGUAGES, PROGRAMS, SMALL, Case

if TYPE_CHECKING:
    from sandboxes.protocol import Limits
    from tests.hostile.bait import Bait

MARKER = b"OPEN"
SHARED = ("attack.h", "attack.py")
SLACK_S = 12.0
"""Beyond the limits of a case: making the cage, cleaning up, and a machine with neighbours."""


class Runner:
    """Cases on one backend."""

    def __init__(self, sandbox: Sandbox, bait: Bait) -> None:
        self._sandbox = sandbox
        self._bait = bait

    def run(self, case: Case) -> None:
        """Run a case, what follows it, and a sound program after it."""
        try:
            self._run(case)
        except SandboxError:
            if self._sandbox.name not in case.may_lose:
                raise
            with self._sandbox.open(case.language) as another:
                self.sound(another)

    def _run(self, case: Case) -> None:
        with self._sandbox.open(case.language) as session:
            began = time.monotonic()
            outcome = self._first(session, case)
            took = time.monotonic() - began
            self._judge(case, outcome)
            assert took < (case.within_s or self._longest(case)), f"{took:.1f} s"
            for check in case.also:
                check(outcome)
            if case.then:
                self._then(session, case)
            self.sound(session)
        if case.then and case.how == "run":
            with self._sandbox.open(case.language) as another:
                self._then(another, case)

    def sound(self, session: Session) -> None:
        """Whatever was done to a session, its next job is right."""
        session.put({"main.py": b"print(6 * 7)\n"})
        outcome = session.run(Job(languages.run_argv("python", "main.py"), limits=SMALL))
        assert (outcome.status, outcome.stdout) == (Status.OK, b"42\n"), outcome

    def start(
        self,
        session: Session,
        program: str,
        args: tuple[str, ...] = (),
        limits: Limits = SMALL,
        build: Limits = BUILD,
    ) -> Outcome:
        """Stage a program, compiled where it must be, and run it."""
        language = LANGUAGES[Path(program).suffix]
        staged = self._stage(session, program, build)
        if not staged.ok:
            return staged
        return session.run(Job(self._argv(language, args), limits=limits))

    def _first(self, session: Session, case: Case) -> Outcome:
        job = Job(
            self._argv(case.language, case.args),
            stdin=case.stdin,
            limits=case.build if case.how == "build" else case.limits,
            collect=case.collect,
        )
        staged = self._stage(session, case.program, case.build, checked=case.how == "check")
        if not staged.ok:
            return staged
        return session.build(job) if case.how == "build" else session.run(job)

    def _stage(
        self, session: Session, program: str, limits: Limits, *, checked: bool = False
    ) -> Outcome:
        language = languages.LANGUAGES[LANGUAGES[Path(program).suffix]]
        files = self._files(program, language.main)
        if not (language.produces or checked):
            session.put(files)
            return Outcome(Status.OK)
        # Only the program is compiled: attack.py is a source of Python, too.
        entry = {name: text for name, text in files.items() if name != "attack.py"}
        return languages.build(session, language.name, entry, language.main, limits=limits)

    def _files(self, program: str, main: str) -> dict[str, bytes]:
        found = {name: (PROGRAMS / name).read_bytes() for name in SHARED}
        return found | {main: self._bait.fill_source((PROGRAMS / program).read_bytes())}

    def _argv(self, language: str, args: tuple[str, ...]) -> tuple[str, ...]:
        # The last word marks our processes on the host.
        words = (*map(self._bait.fill, args), self._bait.facts["name"])
        return languages.run_argv(language, languages.LANGUAGES[language].main, words)

    def _then(self, session: Session, case: Case) -> None:
        """Nothing of the first is found by the second."""
        program = str(case.then)
        if case.how == "build" and program == case.program:
            outcome = session.build(Job(self._argv(case.language, case.args), limits=case.build))
            self._judge(case, outcome)
            return
        if case.how == "build":  # looks at the tree that the build left
            session_program = (PROGRAMS / program).read_bytes()
            outcome = session.run(
                Job(("bash", "look.sh"), files={"look.sh": session_program}, limits=SMALL)
            )
        else:
            outcome = self.start(session, program, case.args)
        assert outcome.ok, outcome
        assert case.then_says in outcome.stdout
        self._clean(case, outcome)

    def _judge(self, case: Case, outcome: Outcome) -> None:
        assert outcome.status in self._right(case), outcome
        assert case.says in outcome.stdout + outcome.stderr or not outcome.ok, outcome
        if case.says and outcome.status in (Status.OK, Status.RUNTIME_ERROR):
            assert case.says in outcome.stdout + outcome.stderr, outcome
        self._clean(case, outcome)

    def _right(self, case: Case) -> set[Status]:
        declared = self._sandbox.declared()
        right = set(case.right)
        for name, further in case.weaker.items():
            if declared.get(name, Grip.NOT_HELD) is not Grip.HELD:
                right.update(further)
        return right

    def _clean(self, case: Case, outcome: Outcome) -> None:
        texts = (
            outcome.stdout,
            outcome.stderr,
            outcome.detail.encode(),
            *outcome.artifacts.values(),
        )
        for text in texts:
            opened = [line for line in text.splitlines() if line.startswith(MARKER)]
            assert not opened, b", ".join(opened[:20])
            assert self._bait.leaked(text) is None
            for word in case.never:
                assert word not in text

    def _longest(self, case: Case) -> float:
        built = (
            case.build.wall_s
            if case.how != "run" or case.language in ("c", "cpp", "typescript")
            else 0
        )
        return case.limits.wall_s + built + SLACK_S
