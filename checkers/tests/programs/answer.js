// For JavaScript harnesses: the answer, which runs elsewhere and is reached over pipes.
//
//   const answer = require("./answer.js");
//   answer.call("solve", 1, 2)                  // the result; what it throws is thrown here
//   answer.run({ args: ["-v"], stdin: "3 4" })  // { stdout, stderr, exit_code, status }
//   answer.test("adds", () => assert.equal(answer.call("add", 1, 2), 3));
//   answer.report();                            // writes JUnit XML to process.argv[2]
//
// Calls are synchronous. On the wire: one JSON object a line, as in answer.py. What tests print
// with console.log goes to standard error.
"use strict";
const fs = require("node:fs");

let count = 0;
let buffered = Buffer.alloc(0);
const print = (...words) => console.error(...words);
console.log = print;
console.info = print;

function readLine() {
  const piece = Buffer.alloc(65536);
  for (;;) {
    const end = buffered.indexOf(10);
    if (end >= 0) {
      const line = buffered.subarray(0, end).toString("utf8");
      buffered = buffered.subarray(end + 1);
      return line;
    }
    let size = 0;
    try {
      size = fs.readSync(0, piece, 0, piece.length, null);
    } catch (error) {
      if (error.code === "EAGAIN") {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
        continue;
      }
      throw error;
    }
    if (size === 0) throw new Error("the judge is gone");
    buffered = Buffer.concat([buffered, piece.subarray(0, size)]);
  }
}

function writeAll(text) {
  let rest = Buffer.from(text, "utf8");
  while (rest.length > 0) {
    try {
      rest = rest.subarray(fs.writeSync(1, rest));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

function ask(request) {
  count += 1;
  writeAll(JSON.stringify({ id: count, ...request }) + "\n");
  for (;;) {
    const reply = JSON.parse(readLine());
    if (reply.id === count) {
      if (reply.error) {
        const error = new Error(reply.error[1]);
        error.name = reply.error[0];
        throw error;
      }
      return reply;
    }
  }
}

function plain(typed) {
  if (!Array.isArray(typed)) return typed;
  const [kind, content] = typed;
  if (kind === "i") {
    const size = content.startsWith("-") ? -BigInt(content.slice(1)) : BigInt(content);
    const number = Number(size);
    return Number.isSafeInteger(number) ? number : size;
  }
  if (kind === "f") return Number(content);
  if (kind === "d") return Object.fromEntries(content.map(([key, value]) => [key, plain(value)]));
  const items = content.map(plain);
  return kind === "S" ? new Set(items) : items;
}

const call = (entry, ...args) => plain(ask({ call: { entry, args, kwargs: {} } }).typed);
const run = ({ args = [], stdin = "" } = {}) => ask({ run: { args, stdin } }).value;

const tests = [];
const test = (name, body) => tests.push([name, body]);

const escape = (text) =>
  String(text)
    .slice(0, 4000)
    .replace(/[^\n\t\x20-\ud7ff\ue000-\ufffd]/g, "?")
    .replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char]);

async function report() {
  const lines = [];
  let failures = 0;
  for (const [name, body] of tests) {
    let inner = "";
    try {
      await body();
    } catch (error) {
      failures += 1;
      inner = `<failure message="${escape(error && error.message)}"/>`;
    }
    lines.push(`<testcase name="${escape(name)}">${inner}</testcase>`);
  }
  fs.writeFileSync(process.argv[2], `<testsuite name="harness">${lines.join("")}</testsuite>`);
  process.exitCode = failures ? 1 : 0;
}

module.exports = { call, run, test, report };
