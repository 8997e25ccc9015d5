// What a source asks for before it is compiled: language versions and other files.
"use strict";
const path = require("path").posix;

// Comments, then strings: whichever begins first wins, as in the compiler's scanner.
const TOKEN = /\/\/[^\n\r]*|\/\*[^]*?(?:\*\/|$)|"(?:\\.|[^"\\\n\r])*"|'(?:\\.|[^'\\\n\r])*'/g;

function withoutComments(text) {
  return text.replace(TOKEN, (token) => (token[0] === "/" ? " " : token));
}

// The version ranges of `pragma solidity ...;`, as they stand there.
function pragmas(text) {
  const found = withoutComments(text).matchAll(/\bpragma\s+solidity\s+([^;]{1,200});/g);
  return Array.from(found, (match) => match[1].trim());
}

// Names of the files that a source imports, as the compiler resolves them against its own name.
function imports(name, text) {
  const plain = withoutComments(text);
  const found = plain.matchAll(/\bimport\b[^;"']{0,2000}["']([^"'\n\r]{1,500})["']/g);
  return Array.from(found, ([, target]) =>
    /^\.\.?\//.test(target) ? path.join(path.dirname(name), target) : target,
  );
}

// Groups of names that import each other, each in order of name: a group is compiled as one.
function groups(texts) {
  const leader = new Map(Array.from(texts.keys(), (name) => [name, name]));
  const find = (name) => {
    while (leader.get(name) !== name) name = leader.get(name);
    return name;
  };
  for (const [name, text] of texts) {
    for (const target of imports(name, text)) {
      if (leader.has(target)) leader.set(find(target), find(name));
    }
  }
  const members = new Map();
  for (const name of Array.from(texts.keys()).sort()) {
    const first = find(name);
    members.set(first, [...(members.get(first) || []), name]);
  }
  return Array.from(members.values());
}

// First and last line, 1-based, of a range of bytes.
function lines(bytes, start, end) {
  let first = 1;
  let at = -1;
  while ((at = bytes.indexOf(10, at + 1)) !== -1 && at < start) first += 1;
  let last = first;
  for (; at !== -1 && at < end - 1; at = bytes.indexOf(10, at + 1)) last += 1;
  return [first, last];
}

module.exports = { groups, lines, pragmas };
