// The rules for JavaScript hold for TypeScript too.
import { createHash } from "crypto";

export function run(text: string): unknown {
  return eval(text); // finds: javascript-eval
}

export function parse(text: string): unknown {
  return JSON.parse(text) as unknown; // spares: javascript-eval
}

export function user(db: Database, name: string): Rows {
  return db.query(`SELECT * FROM users WHERE name = '${name}'`); // finds: javascript-sql-built-from-text
}

export function userWell(db: Database, name: string): Rows {
  return db.query("SELECT * FROM users WHERE name = ?", [name]); // spares: javascript-sql-built-from-text
}

export function fingerprint(data: string): string {
  return createHash("sha1").update(data).digest("hex"); // finds: javascript-weak-hash
}

export function accept(password: string, wanted: string): boolean {
  return password === wanted; // finds: javascript-timing-unsafe-comparison
}

export const makeSecret = (): string => {
  const secret: string = String(Math.random()); // finds: javascript-predictable-secret
  return secret;
};
