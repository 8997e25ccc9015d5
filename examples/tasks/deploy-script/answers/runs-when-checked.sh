#!/usr/bin/env bash
while true; do :; done
$(touch /program/was-here)
