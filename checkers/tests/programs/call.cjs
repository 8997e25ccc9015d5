// Runs inside the cage: calls one function of the answer and writes its result to a file.
// Shares a process with hostile code; see call.py for why that is no harm.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const Module = require("node:module");
const { pathToFileURL } = require("node:url");

const MAX_DEPTH = 100;
const write = fs.writeFileSync;
const exit = process.exit;
const stringify = JSON.stringify;

function encode(value, depth) {
  if (depth > MAX_DEPTH) throw new Error("the result is nested too deep");
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case "boolean":
    case "string":
      return value;
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0)
        ? ["i", hex(BigInt(value))]
        : ["f", String(value)];
    case "bigint":
      return ["i", hex(value)];
    case "object":
      return encodeObject(value, depth + 1);
    default:
      throw new Error("the result holds a " + typeof value + ", which JSON cannot");
  }
}

function hex(value) {
  return value < 0n ? "-0x" + (-value).toString(16) : "0x" + value.toString(16);
}

function encodeObject(value, depth) {
  if (value instanceof Set) return ["S", Array.from(value, (item) => encode(item, depth))];
  if (value instanceof Map) return ["d", Array.from(value, ([k, v]) => [String(k), encode(v, depth)])];
  if (Array.isArray(value) || typeof value[Symbol.iterator] === "function") {
    return ["l", Array.from(value, (item) => encode(item, depth))];
  }
  return ["d", Object.entries(value).map(([k, v]) => [k, encode(v, depth)])];
}

function isModule(file, source) {
  if (file.endsWith(".mjs")) return true;
  if (file.endsWith(".cjs")) return false;
  return /^[ \t]*(export[ \t{*]|import[ \t{*"'])/m.test(source);
}

// Node before 20.19 takes a .js file for a module only where a package.json says so.
function asModule(file) {
  const program = "/program";
  if (!file.endsWith(".js") || !file.startsWith(program + "/")) return file;
  const copy = path.join(process.cwd(), ".module");
  fs.cpSync(program, copy, { recursive: true });
  if (!fs.existsSync(path.join(copy, "package.json"))) {
    fs.writeFileSync(path.join(copy, "package.json"), '{"type":"module"}');
  }
  return path.join(copy, path.relative(program, file));
}

async function load(file, name) {
  const source = fs.readFileSync(file, "utf8").replace(/^#!/, "//");
  if (isModule(file, source)) return pick(await import(pathToFileURL(asModule(file)).href), name);
  // A plain script exports nothing, so its own scope is asked for the name as well.
  const module = new Module(file, null);
  module.filename = file;
  module.paths = Module._nodeModulePaths(path.dirname(file));
  const tail = `\n;module.scoped = typeof ${name} === "undefined" ? undefined : ${name};`;
  module._compile(source + tail, file);
  return pick(module.exports, name) ?? module.scoped;
}

function pick(exported, name) {
  if (exported === null || exported === undefined) return undefined;
  if (typeof exported[name] === "function") return exported[name];
  if (typeof exported === "function" && exported.name === name) return exported;
  const inner = exported.default;
  if (inner === null || inner === undefined || inner === exported) return undefined;
  if (typeof inner[name] === "function") return inner[name];
  return typeof inner === "function" && inner.name === name ? inner : undefined;
}

async function answerTo(request) {
  try {
    const called = await load(request.path, request.function);
    if (typeof called !== "function") {
      throw new Error("there is no function called " + request.function);
    }
    return { value: encode(await called(...request.args), 0) };
  } catch (error) {
    const kind = error instanceof Error ? error.name : "thrown";
    const message = error instanceof Error ? error.message : String(error);
    return { error: [String(kind), String(message).slice(0, 2000)] };
  }
}

const request = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
answerTo(request).then((record) => {
  write(request.result, stringify(record));
  exit(0);
});
