// Compiles Solidity over the compiler's standard-JSON API: `solc [--parse] [FLAG ...] FILE ...`.
// The newest installed compiler that every file's pragma admits is loaded, and no other one. Files
// are named below /program, and imports find only those given: nothing else is read.
"use strict";
const fs = require("fs");
const path = require("path");
const { NEWEST, admitted, load } = require("./compilers");
const { lines, pragmas } = require("./sources");

const ROOT = "/program/";
const ELSEWHERE = 3; // what asks for another compiler is not wrong: it was not compiled
const STOPS = "0.7.6"; // from here on, every compiler that is here knows `stopAfter`
const words = process.argv.slice(2);

if (words[0] === "--version") {
  // To load the compiler itself takes seconds.
  console.log(`solc ${NEWEST}`);
  process.exit(0);
}

const flags = words.filter((word) => word.startsWith("--"));
const files = words.filter((word) => !word.startsWith("--"));
const settings = { outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } } };
for (const flag of flags) {
  const [name, value] = flag.split("=");
  if (name === "--parse") settings.stopAfter = "parsing";
  else if (name === "--optimize") settings.optimizer = { enabled: true, runs: Number(value || 200) };
  else if (name === "--via-ir") settings.viaIR = true;
  else if (name === "--evm-version") settings.evmVersion = value;
  else {
    console.error(`unknown flag ${name}`);
    process.exit(2);
  }
}

const sources = Object.create(null);
for (const file of files) {
  const name = file.startsWith(ROOT) ? file.slice(ROOT.length) : path.basename(file);
  sources[name] = { content: fs.readFileSync(file, "utf8") };
}
const asked = Object.values(sources).flatMap((source) => pragmas(source.content));
const [version] = admitted(asked);
if (version === undefined) {
  console.error(`pragma ${asked.join(" and ")} needs a compiler that is not installed`);
  process.exit(ELSEWHERE);
}
// Older compilers cannot stop after parsing: what they say later is dropped.
const parsing = settings.stopAfter !== undefined;
if (parsing) delete settings.outputSelection;
if (parsing && require("semver").lt(version, STOPS)) delete settings.stopAfter;

const input = JSON.stringify({ language: "Solidity", sources, settings });
let output;
try {
  output = JSON.parse(load(version).compile(input));
} catch {
  // 0.4.11 does so at some errors. Nothing of it is shown: it would quote the compiler itself.
  console.error(`solc ${version} broke down on it`);
  process.exit(ELSEWHERE);
}
// 0.4.9 calls all errors by one name: there, parsing is as much as compiling.
const parsers = ["ParserError", "Error"];
const late = (error) => parsing && !settings.stopAfter && !parsers.includes(error.type);
let failed = false;
for (const error of (output.errors || []).filter((one) => !late(one))) {
  failed = failed || error.severity === "error";
  const { file, start, end } = error.sourceLocation || {};
  if (sources[file] && start >= 0) {
    const [line] = lines(Buffer.from(sources[file].content), start, end);
    console.error(`${file}:${line}: ${error.type}: ${error.message}`);
  } else {
    console.error(error.formattedMessage || error.message);
  }
}
// 5333 is the code of the error that another compiler is asked for.
const elsewhere = (output.errors || []).some((error) => error.errorCode === "5333");
process.exitCode = elsewhere ? ELSEWHERE : failed ? 1 : 0;
