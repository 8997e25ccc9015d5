"""What a compiler reads or runs while it compiles an answer is the cage's own, never the host's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from checkers.protocol import CheckStatus, Reason
from sandboxes.languages import BUILD_LIMITS, build, compilers, run_argv
from sandboxes.protocol import PROGRAM_DIR, Job, Limits, ToolchainMissingError

if TYPE_CHECKING:
    from sandboxes.protocol import Sandbox
    from tests.integration.checkers.conftest import Judge

SECRET = "a secret of the host"
INCLUDE = '#include "{}"\nint main(void) {{ return 0; }}\n'
EMBED = """\
__asm__(".section .rodata\\n.globl own\\nown: .incbin \\"{}\\"\\n.byte 0\\n.text\\n");
#include <stdio.h>
extern const char own[];
int main(void) {{ return fputs(own, stdout) < 0; }}
"""

MARKER = "tosv-processor-was-here"
PROCESSOR = f"""\
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.annotation.processing.SupportedAnnotationTypes;
import javax.lang.model.element.TypeElement;

@SupportedAnnotationTypes("*")
public class Planted extends AbstractProcessor {{
    @Override
    public boolean process(Set<? extends TypeElement> seen, RoundEnvironment round) {{
        throw new IllegalStateException("{MARKER}");
    }}
}}
"""
PLANTED = {
    "Main.java": "public class Main { public static void main(String[] args) {} }\n",
    "Planted.java": PROCESSOR,
    "META-INF/services/javax.annotation.processing.Processor": "Planted\n",
}


@pytest.mark.parametrize("source", [INCLUDE, EMBED], ids=["include", "incbin"])
def test_a_file_of_the_host_is_not_there_for_gcc(judge: Judge, tmp_path: Path, source: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")

    result = judge({"check": "compile"}, source.format(secret), "c")

    assert result.status is CheckStatus.FAIL, result
    assert SECRET not in str(result)


def test_gcc_that_includes_a_file_of_names_quotes_the_cages_own(
    judge: Judge, cage: Sandbox
) -> None:
    result = judge({"check": "compile"}, INCLUDE.format("/etc/passwd"), "c")
    with cage.open("c") as session:
        own = session.run(Job(("cat", "/etc/passwd"), limits=Limits())).stdout.decode()

    assert result.status is CheckStatus.FAIL, result
    hosts = set(Path("/etc/passwd").read_text().splitlines()) - set(own.splitlines())
    assert not [line for line in hosts if line in str(result)]


def test_a_binary_that_embeds_a_file_of_names_holds_the_cages_own(cage: Sandbox) -> None:
    source = {"main.c": EMBED.format("/etc/passwd").encode()}
    with cage.open("c") as session:
        assert build(session, "c", source, "main.c").ok
        printed = session.run(Job(run_argv("c", "main.c"), limits=Limits()))
        own = session.run(Job(("cat", "/etc/passwd"), limits=Limits()))

    assert own.ok
    assert printed.stdout == own.stdout


def test_an_annotation_processor_of_the_answer_is_not_run(judge: Judge) -> None:
    result = judge({"check": "compile"}, PLANTED, "java")

    if result.reason is Reason.TOOLCHAIN_MISSING:
        pytest.skip(result.summary)
    assert result.status is CheckStatus.PASS, result
    assert MARKER not in str(result)


def test_a_processor_that_lies_compiled_on_the_class_path_runs_only_without_our_flag(
    cage: Sandbox,
) -> None:
    files = {name: text.encode() for name, text in PLANTED.items()}
    words = compilers.java((), (f"{PROGRAM_DIR}/Main.java",), "Main.java")
    ours = ("env", f"CLASSPATH={PROGRAM_DIR}", *words)
    try:
        cage.toolchain("java")
    except ToolchainMissingError as error:
        pytest.skip(str(error))
    with cage.open("java") as session:
        assert build(session, "java", files, "Main.java").ok  # leaves Planted.class there
        kept = session.run(Job(ours, limits=BUILD_LIMITS))
        without = tuple(word for word in ours if word != "-proc:none")
        attacked = session.run(Job(without, limits=BUILD_LIMITS))

    assert MARKER.encode() not in kept.stdout + kept.stderr
    # The job's `/program` is read-only: it came past where processors run, to the class to write.
    assert b"error while writing Main" in kept.stderr
    assert MARKER.encode() in attacked.stdout + attacked.stderr
