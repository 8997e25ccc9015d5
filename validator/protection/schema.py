"""Schema 1 of the history. What must never happen is refused by the database itself, too."""

from __future__ import annotations

from typing import Final

SCHEMA_VERSION: Final = 1
APPLICATION_ID: Final = 0x544F5356
"""`TOSV`, in SQLite's header: no other database is taken for a history."""

SCHEMA: Final = """
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  genesis BLOB NOT NULL CHECK (length(genesis) = 32),
  owner INTEGER NOT NULL,     -- rises with every opening: an owner that lost its place is fenced
  sequence INTEGER NOT NULL,  -- rises with every write: tells an old copy from a newer one
  created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE key (
  id INTEGER PRIMARY KEY,
  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  low INTEGER CHECK (low >= 0),
  high INTEGER CHECK (high >= 0),
  halted TEXT,
  declared INTEGER NOT NULL CHECK (declared IN (0, 1)),
  reconciled INTEGER CHECK (reconciled >= 0),
  settled_nonce INTEGER NOT NULL CHECK (settled_nonce >= 0),
  created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE content (
  id INTEGER PRIMARY KEY,
  key_id INTEGER NOT NULL REFERENCES key (id),
  task BLOB NOT NULL CHECK (length(task) = 32),
  submitter BLOB NOT NULL CHECK (length(submitter) = 32),
  answer_hash BLOB NOT NULL CHECK (length(answer_hash) = 32),
  score INTEGER CHECK (score BETWEEN 0 AND 100),
  barred INTEGER NOT NULL CHECK (barred IN (0, 1)),
  CHECK (barred = 1 OR score IS NOT NULL),
  UNIQUE (key_id, task, submitter, answer_hash)
) STRICT;
CREATE TABLE verdict (
  id INTEGER PRIMARY KEY,
  key_id INTEGER NOT NULL REFERENCES key (id),
  answer BLOB NOT NULL CHECK (length(answer) = 32),
  content_id INTEGER NOT NULL REFERENCES content (id),
  score INTEGER CHECK (score BETWEEN 0 AND 100),
  root BLOB CHECK (length(root) = 32),
  height INTEGER NOT NULL CHECK (height >= 0),
  log_index INTEGER CHECK (log_index >= 0),
  origin TEXT NOT NULL CHECK (origin IN ('signed', 'imported', 'chain')),
  barred INTEGER NOT NULL CHECK (barred IN (0, 1)),
  created_ms INTEGER NOT NULL,
  CHECK (barred = 1 OR (score IS NOT NULL AND root IS NOT NULL)),
  UNIQUE (key_id, answer)
) STRICT;
CREATE INDEX verdict_of_content ON verdict (content_id);
CREATE TABLE nonce (
  key_id INTEGER NOT NULL REFERENCES key (id),
  nonce INTEGER NOT NULL CHECK (nonce >= 0),
  verdict_id INTEGER REFERENCES verdict (id),
  reason TEXT NOT NULL,
  PRIMARY KEY (key_id, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonce_of_verdict ON nonce (verdict_id);
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  key_id INTEGER NOT NULL,
  nonce INTEGER NOT NULL,
  message BLOB NOT NULL,
  fee INTEGER NOT NULL CHECK (fee >= 0),
  tx_hash BLOB UNIQUE CHECK (length(tx_hash) = 32),
  bytes BLOB,
  state TEXT NOT NULL CHECK (state IN ('prepared', 'signed', 'sent', 'spent', 'confirmed')),
  created_ms INTEGER NOT NULL,
  CHECK ((tx_hash IS NULL) = (bytes IS NULL)),
  FOREIGN KEY (key_id, nonce) REFERENCES nonce (key_id, nonce),
  UNIQUE (key_id, nonce, message)
) STRICT;
CREATE TABLE leaf (
  position INTEGER PRIMARY KEY CHECK (position >= 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  envelope BLOB NOT NULL
) STRICT;

CREATE TRIGGER meta_rises BEFORE UPDATE ON meta
WHEN NEW.genesis <> OLD.genesis OR NEW.owner < OLD.owner OR NEW.sequence < OLD.sequence
BEGIN SELECT RAISE(ABORT, 'the history does not go back'); END;
CREATE TRIGGER meta_stays BEFORE DELETE ON meta
BEGIN SELECT RAISE(ABORT, 'the history does not go back'); END;
CREATE TRIGGER low_rises BEFORE UPDATE ON key
WHEN OLD.low IS NOT NULL AND (NEW.low IS NULL OR NEW.low < OLD.low)
BEGIN SELECT RAISE(ABORT, 'the low watermark only rises'); END;
CREATE TRIGGER key_same BEFORE UPDATE OF id, public_key ON key
BEGIN SELECT RAISE(ABORT, 'a key is never renamed'); END;
CREATE TRIGGER key_stays BEFORE DELETE ON key
BEGIN SELECT RAISE(ABORT, 'a key is never forgotten'); END;
CREATE TRIGGER content_same
BEFORE UPDATE OF id, key_id, task, submitter, answer_hash, score ON content
BEGIN SELECT RAISE(ABORT, 'a recorded content is never changed'); END;
CREATE TRIGGER content_barred BEFORE UPDATE ON content WHEN NEW.barred < OLD.barred
BEGIN SELECT RAISE(ABORT, 'never is never'); END;
CREATE TRIGGER content_stays BEFORE DELETE ON content
BEGIN SELECT RAISE(ABORT, 'a recorded content is never forgotten'); END;
CREATE TRIGGER verdict_one_score BEFORE INSERT ON verdict
WHEN NEW.barred = 0
  AND NEW.score IS NOT (SELECT score FROM content WHERE id = NEW.content_id)
BEGIN SELECT RAISE(ABORT, 'the content has another score'); END;
CREATE TRIGGER verdict_one_key BEFORE INSERT ON verdict
WHEN NEW.key_id IS NOT (SELECT key_id FROM content WHERE id = NEW.content_id)
BEGIN SELECT RAISE(ABORT, 'the content is of another key'); END;
CREATE TRIGGER verdict_same
BEFORE UPDATE OF id, key_id, answer, content_id, score, root, height, log_index, origin ON verdict
BEGIN SELECT RAISE(ABORT, 'a recorded verdict is never changed'); END;
CREATE TRIGGER verdict_barred BEFORE UPDATE ON verdict WHEN NEW.barred < OLD.barred
BEGIN SELECT RAISE(ABORT, 'never is never'); END;
CREATE TRIGGER verdict_stays BEFORE DELETE ON verdict
WHEN OLD.height > ifnull((SELECT low FROM key WHERE id = OLD.key_id), -1)
BEGIN SELECT RAISE(ABORT, 'a verdict above the low watermark is never forgotten'); END;
CREATE TRIGGER attempt_same BEFORE UPDATE OF id, key_id, nonce, message, fee ON attempt
BEGIN SELECT RAISE(ABORT, 'a recorded attempt is never changed'); END;
CREATE TRIGGER attempt_bytes BEFORE UPDATE OF tx_hash, bytes ON attempt
WHEN OLD.bytes IS NOT NULL AND (NEW.bytes IS NOT OLD.bytes OR NEW.tx_hash IS NOT OLD.tx_hash)
BEGIN SELECT RAISE(ABORT, 'recorded bytes are never changed'); END;
CREATE TRIGGER leaf_same BEFORE UPDATE ON leaf
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
CREATE TRIGGER leaf_stays BEFORE DELETE ON leaf
BEGIN SELECT RAISE(ABORT, 'the log only grows'); END;
"""
