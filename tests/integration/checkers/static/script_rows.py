"""Rows of JavaScript, TypeScript and shell scripts."""

from __future__ import annotations

from tests.integration.checkers.static.rows import MARKER, Failure, Injection

EVAL = "export function run(line) {{\n  return eval(line){}\n}}\n"
WRONG = "const count: number = 'seven'{}\nconsole.log(count)\n"
UNQUOTED = "#!/bin/bash\n{}cd $1\nrm -rf $2/*\n"
CODE = f"require('fs').writeFileSync('/tmp/{MARKER}', ''); console.log('{MARKER}')\n"
OFF = '{"rules": {"no-eval": "off"}, "jsPlugins": ["./x.js"], "ignorePatterns": ["**"]}'


def script(
    name: str, source: str, planted: dict[str, str | bytes] | None = None, main: str = "main.js"
) -> Injection:
    return Injection(
        name, "oxlint", "javascript", {main: source}, planted or {}, ("oxlint/no-eval",)
    )


def typescript(name: str, source: str, planted: dict[str, str | bytes] | None = None) -> Injection:
    return Injection(name, "tsc", "typescript", {"main.ts": source}, planted or {}, ("tsc/TS2322",))


def shell(name: str, source: str, planted: dict[str, str | bytes] | None = None) -> Injection:
    return Injection(
        name, "shellcheck", "bash", {"main.sh": source}, planted or {}, ("shellcheck/SC2086",)
    )


FORMAT = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Printf("%d", "a") }\n'


def vet(name: str, planted: dict[str, str | bytes]) -> Injection:
    return Injection(name, "go-vet", "go", {"main.go": FORMAT}, planted, ("go-vet/printf",))


INJECTIONS = (
    script("oxlintrc with a plugin", EVAL.format(""), {".oxlintrc.json": OFF, "x.js": CODE}),
    script("eslint configuration", EVAL.format(""), {"eslint.config.js": CODE}),
    script("eslintignore", EVAL.format(""), {".eslintignore": "*\n", ".gitignore": "*\n"}),
    script("eslint-disable", "/* eslint-disable */\n" + EVAL.format("")),
    script("eslint-disable-line", EVAL.format(" // eslint-disable-line no-eval")),
    script("oxlint-disable", "/* oxlint-disable no-eval */\n" + EVAL.format("")),
    script("eslint rules", '/* eslint no-eval: "off" */\n' + EVAL.format("")),
    script(
        "a regular expression with a quote",
        'if (1) /"/.test("")\n' + EVAL.format(' // eslint-disable-line "'),
    ),
    script("a template with code", "const a = `${'`'}`\n" + EVAL.format(" // eslint-disable-line")),
    script("a folder that tools leave out", EVAL.format(""), main="node_modules/a.js"),
    script("a minified name", EVAL.format(""), main="a.min.js"),
    typescript("ts-nocheck", "// @ts-nocheck\n" + WRONG.format("")),
    typescript("ts-ignore", "// @ts-ignore\n" + WRONG.format("")),
    typescript("ts-expect-error", "// @ts-expect-error\n" + WRONG.format("")),
    typescript("ts-ignore in a block", "/* @ts-ignore */\n" + WRONG.format("")),
    typescript(
        "tsconfig",
        WRONG.format(""),
        {"tsconfig.json": '{"compilerOptions": {"noCheck": true, "outDir": "/box/o"}}'},
    ),
    typescript("package.json", WRONG.format(""), {"package.json": '{"type": "commonjs"}'}),
    vet("go.mod", {"go.mod": "module x\n\ngo 1.99\n\ntoolchain go1.99.1\n"}),
    vet("build constraint", {"main.go": "//go:build ignore\n\n" + FORMAT}),
    vet(
        "a weakness before 5,000 parentheses",
        {"main.go": f"{FORMAT}\nvar deep = {'(' * 5000}1{')' * 5000}\n"},
    ),
    vet("a name of tests", {"main.go": "package main\n", "x_test.go": FORMAT}),
    vet("cgo", {"main.go": FORMAT.replace("func", "// #cgo LDFLAGS: -fplugin=x.so\nfunc")}),
    shell("shellcheckrc", UNQUOTED.format(""), {".shellcheckrc": "disable=all\n"}),
    shell("bytes that are not UTF-8", "", {"main.sh": b"x='\xff\xfe'\n" + b"rm -rf $2/*\n"}),
    shell(
        "a weakness after 1,000 brackets",
        "echo $((" + "(" * 1000 + "1" + ")" * 1000 + "))\nrm -rf $2/*\n",
    ),
    shell("a weakness inside 1,000 groups", "{ " * 1000 + "rm -rf $2/*;" + " };" * 1000 + "\n"),
    shell("disable=all", UNQUOTED.format("# shellcheck disable=all\n")),
    shell("disable of one", UNQUOTED.format("#shellcheck disable=SC2086\n")),
    shell("another shell", UNQUOTED.format("# shellcheck shell=sh disable=SC2086,SC2164\n")),
)

HIDDEN = "\ufeff// @ts-nocheck\n" + WRONG.format("")
DEEP = b"export const x: any = " + b"[" * 5000 + b"]" * 5000 + b"\n"
SUBSHELLS = b"( " * 2000 + b"rm $1" + b" )" * 2000 + b"\n"
TWO = ("tsc", "oxlint")

FAILURES = (
    Failure("a syntax error", ("oxlint",), "javascript", {"main.js": b"let = = ;\n"}),
    Failure("bytes that are not UTF-8", ("oxlint",), "javascript", {"main.js": b"let a = '\xff'"}),
    Failure("nested brackets", ("oxlint",), "javascript", {"main.js": b"[" * 9000 + b"]" * 9000}),
    Failure("a syntax error", ("tsc", "oxlint"), "typescript", {"main.ts": b"let = = ;\n"}),
    Failure("hidden in UTF-16", TWO, "typescript", {"main.ts": HIDDEN.encode("utf-16-le")}),
    Failure("hidden in UTF-16 BE", TWO, "typescript", {"main.ts": HIDDEN.encode("utf-16-be")}),
    Failure("bytes that are not UTF-8", TWO, "typescript", {"main.ts": b"let a = '\xff'\n"}),
    Failure("nested brackets", TWO, "typescript", {"main.ts": DEEP}),
    Failure("an empty file", TWO, "typescript", {"main.ts": b""}, clean=True),
    Failure("an empty file", ("oxlint",), "javascript", {"main.js": b""}, clean=True),
    Failure("2,000 shells in shells", ("shellcheck",), "bash", {"main.sh": SUBSHELLS}, heavy=True),
    Failure("bytes that are not UTF-8", ("go-vet",), "go", {"main.go": b"package main\n// \xff\n"}),
    Failure("an empty file", ("go-vet",), "go", {"main.go": b""}),
    Failure("a syntax error", ("shellcheck",), "bash", {"main.sh": b"if [ ; then\n((\n"}),
    Failure("a syntax error", ("go-vet",), "go", {"main.go": b"package main\nfunc {"}),
    Failure("C inside", ("go-vet",), "go", {"main.go": b'package main\nimport "C"\n'}),
    Failure("no import", ("go-vet",), "go", {"main.go": b'package main\nimport "x.y/z"\n'}),
    Failure("an empty file", ("shellcheck",), "bash", {"main.sh": b""}, clean=True),
)
