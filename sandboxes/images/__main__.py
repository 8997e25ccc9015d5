"""`python -m sandboxes.images`: see `sandboxes.images.build`."""

from sandboxes.images.build import main

raise SystemExit(main())
