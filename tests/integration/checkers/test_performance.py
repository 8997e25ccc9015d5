"""Speed-ups of small programs, true, false and dishonest, in real cages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from checkers.performance.programs import WRONG
from checkers.protocol import CheckResult, CheckStatus, Reason
from tests.components import SOAK

if TYPE_CHECKING:
    from sandboxes.protocol import Sandbox
    from tests.integration.checkers.conftest import Judge

GENERATOR = {"language": "bash", "code": 'echo "$1 $2"\n'}
TOP = 4_000

# The multiplier hangs on the input, so that no compiler can do several steps at once.
CORE = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
static long n; static unsigned long seed;
static unsigned long walk(long steps, unsigned long x) {
  for (long i = 0; i < steps; i++) x = x * (6364136223846793005UL + 2 * (x & 1)) + seed;
  return x;
}
"""
READ = 'if (scanf("%ld %lu", &n, &seed) != 2) return 1;'
PLAIN = CORE + "int main(void) { " + READ + r' printf("%lu\n", walk(n * STEPS, 1)); }'


def program(extra: int, code: str = PLAIN) -> str:
    """The right result after `extra` times as much work as it takes."""
    wasted = f"volatile unsigned long waste = walk(n * 2000L * {extra}, 2); (void)waste;"
    code = code.replace("printf", wasted + " printf", 1) if extra else code
    return code.replace("STEPS", "2000")


BASELINE = program(1)


def options(**changes: Any) -> dict[str, Any]:
    return {
        "check": "performance",
        "baseline": {"language": "c", "code": BASELINE},
        "generator": GENERATOR,
        "sizes": [TOP // 4, TOP],
        **changes,
    }


@pytest.fixture(autouse=True)
def _short_form(request: pytest.FixtureRequest, cage: Sandbox) -> None:
    """Pairs take their time: every run measures all in one cage, and three in the other."""
    first = ("test_a_true_gain", "test_a_copy_of", "test_a_wrong_answer")
    if cage.name != "bubblewrap" and not SOAK and not request.node.name.startswith(first):
        pytest.skip("long form: make soak")


def test_a_true_gain_is_confirmed_on_the_clock_and_in_instructions(judge: Judge) -> None:
    result = judge(options(min_speedup=1.3), program(0), "c")
    assert (result.status, result.score) == (CheckStatus.PASS, 100), result
    assert result.metrics["speedup"] > 1.3
    if result.metrics["instructions_counted"]:
        assert result.metrics["instructions_ratio"] == pytest.approx(2.0, abs=0.2)


def test_a_copy_of_the_baseline_is_never_confirmed(judge: Judge) -> None:
    result = judge(options(), BASELINE, "c")
    assert result.status in (CheckStatus.FAIL, CheckStatus.UNDECIDED), result


def test_a_slower_answer_fails(judge: Judge) -> None:
    result = judge(options(), program(3), "c")
    assert result.status is CheckStatus.FAIL, result
    assert "slower" in result.summary


def test_a_wrong_answer_fails_without_a_figure(judge: Judge) -> None:
    result = judge(options(), program(0).replace("walk(n * 2000, 1)", "1UL"), "c")
    assert (result.status, result.summary, dict(result.metrics)) == (CheckStatus.FAIL, WRONG, {})


def test_right_on_the_listed_sizes_alone_is_wrong(judge: Judge) -> None:
    code = program(0).replace(
        "walk(n * 2000, 1)", f"n == {TOP} || n == {TOP // 4} ? walk(n * 2000, 1) : 0"
    )
    assert judge(options(), code, "c").summary == WRONG


def never_confirmed(result: CheckResult) -> None:
    assert result.status in (CheckStatus.FAIL, CheckStatus.UNDECIDED), result
    assert result.summary != WRONG, "the trick was meant to stay right"


def test_quick_on_the_listed_sizes_alone_gains_nothing(judge: Judge) -> None:
    slow = "if (n != %d && n != %d) { volatile unsigned long w = walk(n * 2000, 2); (void)w; }"
    code = PLAIN.replace("printf", slow % (TOP, TOP // 4) + " printf").replace("STEPS", "2000")
    never_confirmed(judge(options(), code, "c"))


def test_a_table_of_small_seeds_gains_nothing(judge: Judge) -> None:
    slow = "if (seed >= 100000) { volatile unsigned long w = walk(n * 2000, 2); (void)w; }"
    code = PLAIN.replace("printf", slow + " printf").replace("STEPS", "2000")
    never_confirmed(judge(options(), code, "c"))


def test_two_processes_at_once_gain_nothing(judge: Judge) -> None:
    halves = """
    volatile unsigned long waste; pid_t child = fork();
    if (child == 0) { waste = walk(n * 2000, 2); _exit(0); }
    unsigned long result = walk(n * 2000, 1); waitpid(child, 0, 0);
    """
    code = PLAIN.replace("printf", halves + " printf").replace("walk(n * STEPS, 1))", "result)")
    never_confirmed(judge(options(), code, "c"))


def test_nothing_of_a_run_is_there_in_the_next(judge: Judge) -> None:
    # It spoils its own output where it finds what an earlier run left behind.
    search = """
    const char *places[] = {"/box/left", "/tmp/left", "/dev/shm/left", "/var/tmp/left",
                            "/program/left"};
    for (int i = 0; i < 5; i++) {
      if (access(places[i], F_OK) == 0) { puts("found"); return 0; }
    }
    for (int i = 0; i < 5; i++) {
      FILE *file = fopen(places[i], "w");
      if (file) { fprintf(file, "%ld %lu", n, seed); fclose(file); }
    }
    """
    code = PLAIN.replace("printf", search + " printf").replace("STEPS", "2000")
    result = judge(options(min_speedup=1.2), code, "c")
    assert result.status is CheckStatus.PASS, result


def test_an_answer_sees_neither_baseline_nor_generator(judge: Judge) -> None:
    # It spoils its own output when a process, argument or variable speaks of another program.
    search = """
    char text[65536]; int seen = 0;
    for (int pid = 1; pid < 400; pid++) {
      char path[64]; snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
      FILE *file = fopen(path, "r"); if (!file) continue;
      size_t size = fread(text, 1, sizeof text - 1, file); fclose(file);
      for (size_t i = 0; i < size; i++) if (!text[i]) text[i] = ' ';
      text[size] = 0;
      if (strstr(text, "bash") || strstr(text, "valgrind") || strstr(text, "python3 /")) seen = 1;
    }
    extern char **environ;
    for (char **each = environ; *each; each++) if (strstr(*each, "baseline")) seen = 1;
    if (argc != 1 || access("/program/main.sh", F_OK) == 0 || seen) { puts("seen"); return 0; }
    """
    code = PLAIN.replace("main(void)", "main(int argc, char **argv)").replace("STEPS", "2000")
    code = code.replace("printf", search + " printf", 1)
    result = judge(options(min_speedup=1.2, measure="wall"), code, "c")
    assert result.status is CheckStatus.PASS, result


def test_work_left_to_the_background_is_lost(judge: Judge) -> None:
    code = PLAIN.replace("printf", "if (fork()) return 0; printf").replace("STEPS", "2000")
    result = judge(options(), code, "c")
    assert (result.status, result.summary) == (CheckStatus.FAIL, WRONG)


@pytest.mark.parametrize(
    "code",
    [
        "exit 3\n",
        "echo $1 $2 $RANDOM $RANDOM\n",
        "while :; do echo 0123456789012345678901234567890123456789; done\n",
        "if then\n",
    ],
    ids=["crashes", "changes its mind", "floods", "does not parse"],
)
def test_a_bad_generator_is_the_tasks_fault(judge: Judge, code: str) -> None:
    result = judge(options(generator={"language": "bash", "code": code}), program(0), "c")
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID), result
    assert "generator" in result.summary


@pytest.mark.parametrize(
    "code", ["int main(void) { return 3; }", "int main(void) {"], ids=["fails", "does not compile"]
)
def test_a_bad_baseline_is_the_tasks_fault(judge: Judge, code: str) -> None:
    result = judge(options(baseline={"language": "c", "code": code}), program(0), "c")
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID), result
    assert "baseline" in result.summary


def test_an_answer_that_does_not_compile_fails(judge: Judge) -> None:
    result = judge(options(), "int main(void) {", "c")
    assert (result.status, result.summary) == (CheckStatus.FAIL, "does not compile")


def test_baseline_and_answer_may_be_of_two_languages(judge: Judge) -> None:
    code = """
import sys
n, seed = map(int, sys.stdin.read().split())
x = 1
for _ in range(n * 20):
    x = (x * (6364136223846793005 + 2 * (x & 1)) + seed) % 2**64
print(x)
"""
    quick = PLAIN.replace("STEPS", "20")
    asked = options(baseline={"language": "python", "code": code}, min_speedup=3)
    result = judge(asked, quick, "c")
    assert result.status is CheckStatus.PASS, result
    assert result.metrics["instructions_counted"] == 0
