"""`python -m sandboxes.sandboxd`: see `sandboxes.sandboxd.server`."""

from sandboxes.sandboxd.server import main

raise SystemExit(main())
