// The compilers beside this file: which versions there are, and how one is loaded.
"use strict";
const fs = require("fs");
const path = require("path");
const semver = require("semver");

const MODULES = path.join(__dirname, "node_modules");

// The newest is the module `solc` itself; the others stand beside it as `solc-<version>`.
const NEWEST = require("solc/package.json").version;
const INSTALLED = fs
  .readdirSync(MODULES)
  .filter((name) => /^solc-\d+\.\d+\.\d+$/.test(name))
  .map((name) => name.slice("solc-".length))
  .concat(NEWEST)
  .sort(semver.rcompare);

// Loads one version through the newest wrapper, which knows the interfaces of all of them.
function load(version) {
  const folder = version === NEWEST ? "solc" : `solc-${version}`;
  const compiler = require("solc/wrapper")(require(path.join(MODULES, folder, "soljson.js")));
  // The compiler's own module listens to process events that are no business of a command's.
  process.removeAllListeners("uncaughtException");
  process.removeAllListeners("unhandledRejection");
  return compiler;
}

// Solidity lets operators stand without spaces and ranges in quotes, semver does not.
function range(pragma) {
  const plain = pragma.replace(/["']/g, "").replace(/\s*(\|\||[<>]=?|[\^~=])\s*/g, " $1");
  return semver.validRange(plain.replace(/\|\|/g, " || ").trim());
}

// Installed versions that all these pragmas admit, newest first; what cannot be read admits all,
// so that the compiler itself says what is wrong with it.
function admitted(pragmas) {
  const ranges = pragmas.map(range).filter((one) => one !== null);
  return INSTALLED.filter((version) => ranges.every((one) => semver.satisfies(version, one)));
}

module.exports = { INSTALLED, NEWEST, admitted, load };
