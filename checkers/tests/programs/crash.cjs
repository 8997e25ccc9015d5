// Loaded before a comparator: its own crash must not look like its refusal (exit code 1).
"use strict";
process.on("uncaughtException", (error) => {
  console.error(error);
  process.exit(70);
});
