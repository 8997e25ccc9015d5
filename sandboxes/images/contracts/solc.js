// Compiles Solidity over the compiler's standard-JSON API: `solc [--parse] [FLAG ...] FILE ...`.
// Files are named below /program, and imports find only those given: nothing else is read.
"use strict";
const fs = require("fs");
const path = require("path");

const ROOT = "/program/";
const words = process.argv.slice(2);

const MODULE = "/opt/solidity/node_modules/solc";

if (words[0] === "--version") {
  // To load the compiler itself takes seconds.
  console.log(`solc ${require(`${MODULE}/package.json`).version}`);
  process.exit(0);
}

// The compiler's own module listens to process events that are no business of a command's.
const compiler = require(MODULE);
process.removeAllListeners("uncaughtException");
process.removeAllListeners("unhandledRejection");

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
if (settings.stopAfter) delete settings.outputSelection;

const sources = {};
for (const file of files) {
  const name = file.startsWith(ROOT) ? file.slice(ROOT.length) : path.basename(file);
  sources[name] = { content: fs.readFileSync(file, "utf8") };
}
const input = JSON.stringify({ language: "Solidity", sources, settings });
const output = JSON.parse(compiler.compile(input));
let failed = false;
for (const error of output.errors || []) {
  failed = failed || error.severity === "error";
  const { file, start } = error.sourceLocation || {};
  if (sources[file] && start >= 0) {
    // Places are counted in bytes.
    const before = Buffer.from(sources[file].content).subarray(0, start).toString("latin1");
    console.error(`${file}:${before.split("\n").length}: ${error.type}: ${error.message}`);
  } else {
    console.error(error.formattedMessage || error.message);
  }
}
// What asks for another compiler is not wrong: it was not compiled. 5333 is that error's code.
const elsewhere = (output.errors || []).some((error) => error.errorCode === "5333");
process.exitCode = elsewhere ? 3 : failed ? 1 : 0;
