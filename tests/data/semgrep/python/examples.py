# Examples for the rules: never run. `finds:` and `spares:` as in the examples for Solidity.
import ast
import hashlib
import hmac
import os
import pickle
import random
import re
import secrets
import shlex
import sqlite3
import ssl
import subprocess
import tarfile
import tempfile
import telnetlib
import xml.etree.ElementTree
from pathlib import Path
from urllib.parse import urlparse

import defusedxml.ElementTree
import requests
import yaml
from Crypto.Cipher import AES, DES
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import redirect, render_template, render_template_string, request, url_for


def calculate(text):
    return eval(text)  # finds: python-eval


def calculate_safely(text):
    return ast.literal_eval(text)  # spares: python-eval


def ping(host):
    os.system("ping -c 1 " + host)  # finds: python-shell-command
    subprocess.run(f"ping -c 1 {host}", shell=True)  # finds: python-shell-command


def ping_safely(host):
    subprocess.run(["ping", "-c", "1", host], check=True)  # spares: python-shell-command, python-shell-constant
    subprocess.run(f"ping -c 1 {shlex.quote(host)}", shell=True)  # spares: python-shell-command
    os.system("clear")  # finds: python-shell-constant


def user(db, name):
    db.execute("SELECT * FROM users WHERE name = '" + name + "'")  # finds: python-sql-built-from-text
    db.execute("SELECT * FROM users WHERE name = '%s'" % name)  # finds: python-sql-built-from-text
    query = f"SELECT * FROM users WHERE name = '{name}'"
    db.execute(query)  # finds: python-sql-built-from-text
    db.execute("SELECT * FROM users WHERE name = ?", (name,))  # spares: python-sql-built-from-text


def load(data):
    return pickle.loads(data)  # finds: python-unsafe-deserialisation


def save(data):
    return pickle.dumps(data)  # spares: python-unsafe-deserialisation


def settings(text):
    first = yaml.load(text)  # finds: python-yaml-load
    second = yaml.load(text, Loader=yaml.SafeLoader)  # spares: python-yaml-load
    return first, second, yaml.safe_load(text)  # spares: python-yaml-load


def read(base, name):
    with open(os.path.join(base, name)) as file:  # finds: python-path-traversal
        return file.read()


def read_later(base, name):
    path = os.path.join(base, name)
    with open(path) as file:  # finds: python-path-traversal
        return file.read()


def read_path(base: Path, name: str) -> str:
    return (base / name).read_text()  # finds: python-path-traversal


def read_checked(base, name):
    path = os.path.realpath(os.path.join(base, name))
    if not path.startswith(os.path.realpath(base) + os.sep):
        raise ValueError(name)
    with open(path) as file:  # spares: python-path-traversal
        return file.read()


def read_named(base, name):
    with open(os.path.join(base, os.path.basename(name))) as file:  # spares: python-path-traversal
        return file.read()


def read_resolved(base: Path, name: str) -> str:
    path = (base / name).resolve()
    if not path.is_relative_to(base.resolve()):
        raise ValueError(name)
    return path.read_text()  # spares: python-path-traversal


def read_normal(base, name):
    path = os.path.normpath(os.path.join(base, name))
    if not path.startswith(base + os.sep):
        raise ValueError(name)
    with open(path) as file:  # spares: python-path-traversal
        return file.read()


def unpack(path, folder):
    with tarfile.open(path) as archive:
        archive.extractall(folder)  # finds: python-archive-extraction
        archive.extractall(folder, filter="data")  # spares: python-archive-extraction


def fingerprint(data):
    weak = hashlib.md5(data)  # finds: python-weak-hash
    named = hashlib.new("sha1", data)  # finds: python-weak-hash
    known = hashlib.md5(data, usedforsecurity=False)  # spares: python-weak-hash
    return weak, named, known, hashlib.sha256(data)  # spares: python-weak-hash


def encrypt(key, data, nonce):
    weak = DES.new(key, DES.MODE_CBC)  # finds: python-weak-cipher
    pattern = AES.new(key, AES.MODE_ECB)  # finds: python-weak-cipher
    return weak, pattern, AES.new(key, AES.MODE_GCM, nonce=nonce)  # spares: python-weak-cipher


def make_keys():
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # finds: python-short-key
    return short, rsa.generate_private_key(public_exponent=65537, key_size=3072)  # spares: python-short-key


def make_token():
    return "".join(random.choice("abcdef") for _ in range(32))  # finds: python-predictable-secret, python-random


def make_token_well():
    return secrets.token_hex(16)  # spares: python-predictable-secret, python-random


def fetch_insecurely():
    context = ssl.create_default_context()
    context.check_hostname = False  # finds: python-tls-not-verified
    requests.get("https://example.org", verify=False, timeout=5)  # finds: python-tls-not-verified
    requests.get("https://example.org", timeout=5)  # spares: python-tls-not-verified
    return context, ssl.SSLContext(ssl.PROTOCOL_TLSv1)  # finds: python-old-tls


def fetch_well():
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # spares: python-old-tls


def fetch(url):
    return requests.get(url, timeout=5)  # finds: python-server-side-request


def fetch_allowed(url):
    host = urlparse(url).hostname
    if host not in {"example.org"}:
        raise ValueError(url)
    return requests.get(url, timeout=5)  # spares: python-server-side-request


def parse(text):
    return xml.etree.ElementTree.fromstring(text)  # finds: python-xml-entities


def parse_safely(text):
    return defusedxml.ElementTree.fromstring(text)  # spares: python-xml-entities


def verify(body, key, signature):
    wanted = hmac.new(key, body, "sha256").hexdigest()
    return wanted == signature  # finds: python-timing-unsafe-comparison


def verify_well(body, key, signature):
    wanted = hmac.new(key, body, "sha256").hexdigest()
    return hmac.compare_digest(wanted, signature)  # spares: python-timing-unsafe-comparison


def verify_bytes(body, key, sent):
    return hmac.new(key, body, "sha256").digest() == sent  # finds: python-timing-unsafe-comparison


def verify_token(token, expected):
    return token == expected  # finds: python-timing-unsafe-comparison


def is_repeated(token, text):
    return token == text[1]  # spares: python-timing-unsafe-comparison


def is_plus(token):
    return token == "+"  # spares: python-timing-unsafe-comparison


SLOW = re.compile(r"^(a+)+$")  # finds: python-catastrophic-regex
SLOWER = re.compile(r"^([a-z0-9]+\s?)*$")  # finds: python-catastrophic-regex
SLOWEST = re.compile(r"(x+x+)+y")  # finds: python-catastrophic-regex
QUICK = re.compile(r"^[a-z]+(?:-[a-z]+)*$")  # spares: python-catastrophic-regex

API_KEY = "sk-41d5fc0ab2"  # finds: python-hard-coded-secret
PASSWORD = os.environ["PASSWORD"]  # spares: python-hard-coded-secret


def login():
    return sqlite3.connect(user="me", password="hunter22")  # finds: python-hard-coded-secret


def temporary():
    racy = tempfile.mktemp()  # finds: python-temporary-file-race
    return racy, tempfile.mkstemp()  # spares: python-temporary-file-race


def go_on():
    if request.args.get("home"):
        return redirect(url_for("home"))  # spares: python-open-redirect
    return redirect(request.args.get("next"))  # finds: python-open-redirect


def page(name):
    if name is None:
        return render_template("page.html", name=name)  # spares: python-template-injection
    return render_template_string("<h1>" + name + "</h1>")  # finds: python-template-injection


def serve(app, socket):
    if app.testing:
        app.run(debug=True)  # finds: python-debug-server
    app.run(debug=False)  # spares: python-debug-server
    socket.bind(("0.0.0.0", 80))  # finds: python-listens-everywhere
    socket.bind(("127.0.0.1", 80))  # spares: python-listens-everywhere


def permissions(path):
    os.chmod(path, 0o777)  # finds: python-loose-permissions
    os.chmod(path, 0o600)  # spares: python-loose-permissions


def connect(host):
    return telnetlib.Telnet(host)  # finds: python-plain-protocol


def connect_well(client, host):
    return client.connect(host)  # spares: python-plain-protocol


def careless(work):
    try:  # finds: python-swallowed-error
        work()
    except Exception:
        pass


def careful(work):
    try:  # spares: python-swallowed-error
        work()
    except KeyError:
        return None


def delete(account):
    assert account.is_admin  # finds: python-assert-for-access
    assert account.balance == 0  # spares: python-assert-for-access
