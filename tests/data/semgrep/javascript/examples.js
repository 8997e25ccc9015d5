// Examples for the rules: never run. `finds:` and `spares:` as in the examples for Solidity.
const child_process = require("child_process");
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");
const jwt = require("jsonwebtoken");

function calculate(text) {
  return eval(text); // finds: javascript-eval
}

function calculateSafely(text) {
  return JSON.parse(text); // spares: javascript-eval
}

function ping(host) {
  child_process.exec("ping -c 1 " + host); // finds: javascript-shell-command
  child_process.execFile("ping", ["-c", "1", host]); // spares: javascript-shell-command
}

function user(db, name) {
  db.query("SELECT * FROM users WHERE name = '" + name + "'"); // finds: javascript-sql-built-from-text
  const text = `SELECT * FROM users WHERE name = '${name}'`;
  db.query(text); // finds: javascript-sql-built-from-text
  db.query("SELECT * FROM users WHERE name = ?", [name]); // spares: javascript-sql-built-from-text
}

function download(req, res) {
  res.sendFile(path.join("/srv/files", req.query.name)); // finds: javascript-path-traversal
  res.sendFile(path.join("/srv/files", path.basename(req.query.name))); // spares: javascript-path-traversal
}

function proxy(req) {
  return fetch(req.query.url); // finds: javascript-server-side-request
}

function proxyKnown(req) {
  return fetch("https://example.org/prices"); // spares: javascript-server-side-request
}

function goOn(req, res) {
  res.redirect(req.query.next); // finds: javascript-open-redirect
  res.redirect("/home"); // spares: javascript-open-redirect
}

function show(element, text) {
  element.innerHTML = text; // finds: javascript-html-from-text
  element.textContent = text; // spares: javascript-html-from-text
}

function fingerprint(data) {
  const weak = crypto.createHash("md5").update(data); // finds: javascript-weak-hash
  const strong = crypto.createHash("sha256").update(data); // spares: javascript-weak-hash
  return [weak, strong];
}

function encrypt(key, iv) {
  const weak = crypto.createCipheriv("des-ede3-cbc", key, iv); // finds: javascript-weak-cipher
  const strong = crypto.createCipheriv("aes-256-gcm", key, iv); // spares: javascript-weak-cipher
  return [weak, strong];
}

function makeToken() {
  return Math.random().toString(36); // finds: javascript-predictable-secret
}

function makeTokenWell() {
  return crypto.randomBytes(16).toString("hex"); // spares: javascript-predictable-secret
}

function jitter() {
  return Math.random() * 100; // spares: javascript-predictable-secret
}

const agents = {
  open: { rejectUnauthorized: false }, // finds: javascript-tls-not-verified
  closed: { rejectUnauthorized: true }, // spares: javascript-tls-not-verified
};

function verify(signature, wanted) {
  return signature === wanted; // finds: javascript-timing-unsafe-comparison
}

function verifyWell(signature, wanted) {
  return crypto.timingSafeEqual(signature, wanted); // spares: javascript-timing-unsafe-comparison
}

const slow = /^(a+)+$/; // finds: javascript-catastrophic-regex
const quick = /^[a-z]+(?:-[a-z]+)*$/; // spares: javascript-catastrophic-regex

const apiKey = "sk-41d5fc0ab2"; // finds: javascript-hard-coded-secret
const password = process.env.PASSWORD; // spares: javascript-hard-coded-secret

function merge(to, from) {
  for (const key in from) {
    to[key] = from[key]; // finds: javascript-prototype-pollution
  }
}

function mergeWell(to, from) {
  for (const key in from) {
    if (key === "__proto__") {
      continue;
    }
    to[key] = from[key]; // spares: javascript-prototype-pollution
  }
}

function who(token, key) {
  const anybody = jwt.decode(token); // finds: javascript-token-not-verified
  return [anybody, jwt.verify(token, key, { algorithms: ["HS256"] })]; // spares: javascript-token-not-verified
}
