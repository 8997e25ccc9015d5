// Compiles one unit after the other with one warm compiler: `compile.js VERSION <UNITS`.
// Standard input holds one unit a line, {"sources": {name: text}}; standard output has the
// compiler's answer to each, in the same order. Imports find only the unit's own sources.
"use strict";
const fs = require("fs");
const semver = require("semver");
const { load } = require("./compilers");

const version = process.argv[2];
const compiler = load(version);
// The compact tree came with 0.4.12. No bytecode is asked for: analysis needs none, and a contract
// that is too large or too deep for the machine can still be read.
const tree = semver.lt(version, "0.4.12") ? "legacyAST" : "ast";
const settings = { outputSelection: { "*": { "*": ["abi"], "": [tree] } } };
const refuse = { import: () => ({ error: "the answer holds no such file" }) };

for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { sources } = JSON.parse(line, (key, value) =>
    key === "sources" ? Object.assign(Object.create(null), value) : value,
  );
  const input = { language: "Solidity", sources: Object.create(null), settings };
  for (const name of Object.keys(sources)) input.sources[name] = { content: sources[name] };
  const output = JSON.parse(compiler.compile(JSON.stringify(input), refuse));
  const { errors = [], contracts = {} } = output;
  const trees = Object.entries(output.sources || {}).map(([name, { id, [tree]: ast }]) => ({
    name,
    id,
    ast,
  }));
  const names = Object.entries(contracts).map(([name, found]) => [
    name,
    Object.entries(found).map(([contract, { abi }]) => [contract, abi]),
  ]);
  fs.writeFileSync(1, `${JSON.stringify({ errors, trees, contracts: names })}\n`);
}
