#!/usr/bin/env bash
# Print the commands that would rename *.jpeg to *.jpg, without overwriting anything.
set -euo pipefail
shopt -s nullglob

for old in *.jpeg; do
  new="${old%.jpeg}.jpg"
  if [[ -e "$new" ]]; then
    printf 'skip %s\n' "$old"
  else
    printf '%s -> %s\n' "$old" "$new"
done
