// Compiles every unit of an answer for analysis: `scan.js SECONDS <NAMES`, in the working directory.
//
// Standard input is {"s0.sol": "the answer's own name", ...}; the files lie in `src/`. A unit is what
// imports each other. Writes `units.json`, [{files, version, errors, unchecked}], and for each unit
// that compiles `unit<N>.json`, as `solc --combined-json` prints it. Compilers see the answer's own
// names, so that imports work; all that is written names files as in `src/`.
"use strict";
const fs = require("fs");
const path = require("path");
const { spawnSync } = require("child_process");
const semver = require("semver");
const { INSTALLED, admitted } = require("./compilers");
const { groups, lines, pragmas } = require("./sources");

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENDS = Date.now() + 1000 * Number(process.argv[2]);
const MAX_ERRORS = 200;

const own = new Map(Object.entries(JSON.parse(fs.readFileSync(0, "utf8"))));
const given = new Map(Array.from(own, ([name, theirs]) => [theirs, name]));

function readAll() {
  const texts = new Map();
  const units = [];
  for (const [name, theirs] of own) {
    try {
      texts.set(theirs, UTF8.decode(fs.readFileSync(`src/${name}`)));
    } catch {
      units.push({ files: [name], version: null, errors: [], unchecked: "it is not UTF-8 text" });
    }
  }
  for (const names of groups(texts)) units.push(plan(names, texts));
  return units;
}

// Which compilers to try: the newest that all pragmas admit; where that fails, the oldest, which is
// the one that the author most likely had, and then two more from the newest down.
function plan(names, texts) {
  const sources = Object.create(null);
  for (const name of names) sources[name] = texts.get(name);
  const asked = names.flatMap((name) => pragmas(sources[name]));
  const versions = asked.length ? admitted(asked) : newestOfEach();
  const tries = new Set([versions[0], versions.at(-1), versions[1], versions[2]]);
  const unit = { files: names.map((name) => given.get(name)), version: null, errors: [] };
  if (!versions.length) {
    const text = Array.from(new Set(asked)).join(" and ").replace(/\s+/g, " ").slice(0, 200);
    return { ...unit, unchecked: `pragma ${text} needs a compiler that is not installed` };
  }
  const left = Array.from(tries).filter(Boolean);
  if (!asked.length) left.splice(0, left.length, ...versions);
  return { ...unit, sources, left, unchecked: null };
}

// Without a pragma nobody knows: the newest of every series, newest first.
function newestOfEach() {
  const series = new Map();
  for (const version of INSTALLED) {
    const name = `${semver.major(version)}.${semver.minor(version)}`;
    if (!series.has(name)) series.set(name, version);
  }
  return Array.from(series.values());
}

// One process for all units that want the same version. Where it dies, the unit it was at is the
// one that ended it, and the rest starts again.
function compileAll(units) {
  for (;;) {
    const waiting = units.filter((unit) => unit.left && unit.left.length);
    if (!waiting.length) return;
    const version = waiting[0].left[0];
    const batch = waiting.filter((unit) => unit.left[0] === version);
    const outputs = compileBatch(version, batch);
    batch.slice(0, outputs.length).forEach((unit, at) => take(unit, version, outputs[at]));
    if (outputs.length < batch.length) {
      const late = Date.now() >= ENDS;
      const stopped = late ? batch.slice(outputs.length) : [batch[outputs.length]];
      for (const unit of stopped) breakDown(unit, late);
    }
  }
}

// A compiler died on the unit: the next one may not. What an earlier one said stays.
function breakDown(unit, late) {
  unit.left = late ? [] : unit.left.slice(1);
  if (late) unit.unchecked = "the time for analysis was over";
  else if (!unit.version) unit.unchecked = "the compiler broke down on it";
}

function compileBatch(version, batch) {
  const timeout = Math.max(1, ENDS - Date.now());
  const input = batch.map(({ sources }) => `${JSON.stringify({ sources })}\n`).join("");
  const file = fs.openSync("compiled", "w+");
  const words = ["--no-warnings", "--stack-size=3900", path.join(__dirname, "compile.js"), version];
  spawnSync(process.execPath, words, { input, timeout, stdio: ["pipe", file, "ignore"] });
  fs.closeSync(file);
  // A compiler that aborts may print words of its own; a line that was cut off is no answer.
  const said = fs.readFileSync("compiled", "utf8").split("\n").slice(0, -1);
  return said.filter((line) => line.startsWith('{"errors":')).map((line) => JSON.parse(line));
}

function take(unit, version, output) {
  unit.left.shift();
  const errors = output.errors.map((error) => shown(error, unit));
  const broken = errors.some((error) => error.severity === "error");
  // The newest compiler's words are the ones to read.
  if (!unit.version || !broken) Object.assign(unit, { version, errors });
  unit.unchecked = broken ? "it does not compile" : null;
  // No other compiler finds a file that is not there.
  if (errors.some(({ message }) => /^Source ".*" not found/.test(message))) unit.left = [];
  if (broken) return;
  unit.left = [];
  unit.output = output;
}

function shown({ severity, type, errorCode, message, formattedMessage, sourceLocation }, unit) {
  const old = /^([^\n]{1,500}?):(\d+):\d+:/.exec(formattedMessage || "");
  const { file = old && old[1], start = -1, end = -1 } = sourceLocation || {};
  const source = unit.sources[file];
  let place = [0, 0];
  if (source !== undefined && start >= 0) place = lines(Buffer.from(source), start, end);
  else if (source !== undefined && old) place = [Number(old[2]), Number(old[2])];
  const text = String(message || formattedMessage).split("\n")[0];
  return {
    file: source === undefined ? unit.files[0] : given.get(file),
    lines: place,
    severity: severity === "error" ? "error" : severity === "info" ? "info" : "warning",
    code: String(errorCode || type),
    message: text.slice(0, 500),
  };
}

// What `solc --combined-json` prints; docs and interfaces are text below 0.8.
function combined({ version, output }) {
  const asText = semver.lt(version, "0.8.0") ? JSON.stringify : (value) => value;
  const contracts = Object.create(null);
  for (const [file, found] of output.contracts) {
    for (const [name, abi] of found) {
      contracts[`${given.get(file)}:${name}`] = {
        abi: asText(abi || []), userdoc: asText({}), devdoc: asText({}),
        bin: "", "bin-runtime": "", srcmap: "", "srcmap-runtime": "", hashes: {},
      };
    }
  }
  const trees = output.trees.slice().sort((a, b) => a.id - b.id);
  const sources = Object.create(null);
  for (const { name, ast } of trees) sources[given.get(name)] = { AST: renamed(ast) };
  const sourceList = [];
  for (const { name, id } of trees) sourceList[id] = given.get(name);
  return { contracts, sources, sourceList: Array.from(sourceList, (name) => name || ""), version };
}

// Both forms of the tree name files in source units and imports. Without recursion: a hostile
// source nests as deep as it likes.
function renamed(root) {
  const rest = [root];
  while (rest.length) {
    const node = rest.pop();
    const attributes = node.attributes || node;
    if (/^(?:SourceUnit|ImportDirective)$/.test(node.nodeType || node.name)) {
      for (const key of ["absolutePath", "file"]) {
        if (given.has(attributes[key])) attributes[key] = given.get(attributes[key]);
      }
      const target = given.get(attributes.absolutePath);
      if (target) attributes.file = target;
    }
    for (const value of Object.values(node)) {
      if (value && typeof value === "object") rest.push(value);
    }
  }
  return root;
}

const units = readAll();
compileAll(units);
units.forEach((unit, at) => {
  if (!unit.output) return;
  try {
    fs.writeFileSync(`unit${at}.json`, JSON.stringify(combined(unit)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    unit.unchecked = "it is nested too deeply";
  }
});
const told = units.map(({ files, version, errors, unchecked }) => ({
  files, version, errors: errors.slice(0, MAX_ERRORS), unchecked,
}));
fs.writeFileSync("units.json", JSON.stringify(told));
