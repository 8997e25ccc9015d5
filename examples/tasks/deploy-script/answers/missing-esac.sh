#!/usr/bin/env bash
# Switch a symlinked release atomically, keep the last five.
set -euo pipefail

readonly root=${1:?usage: deploy ROOT ARCHIVE}
readonly archive=${2:?usage: deploy ROOT ARCHIVE}
release="$root/releases/$(date -u +%Y%m%dT%H%M%SZ)"

main() {
  mkdir -p "$release"
  tar -xzf "$archive" -C "$release" --no-same-owner
  ln -sfn "$release" "$root/current.next"
  mv -T "$root/current.next" "$root/current"
  prune
}

prune() {
  local -a kept
  mapfile -t kept < <(find "$root/releases" -mindepth 1 -maxdepth 1 -type d | sort -r)
  local old
  for old in "${kept[@]:5}"; do
    rm -rf -- "$old"
  done
}

case "${3:-}" in
  --dry-run) echo "would deploy $archive to $release" ;;
  "") main ;;
  *) echo "unknown option: $3" >&2; exit 2 ;;
