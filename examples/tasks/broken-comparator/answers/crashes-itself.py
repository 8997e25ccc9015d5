raise SystemExit("I give up")
