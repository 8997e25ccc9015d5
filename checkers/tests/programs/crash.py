"""Runs inside the cage: a comparator whose own crash must not look like its refusal (exit code 1).

Uncaught exceptions end with 70; `sys.exit` keeps its meaning.
"""

import os
import runpy
import sys
import traceback

CRASHED = 70


def main():
    del sys.argv[0]
    path = sys.argv[0]
    sys.path[0] = os.path.dirname(path)
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(CRASHED)


main()
