"""`python -m validator.cli`: the command line without the script that setup installs."""

from validator.cli import main

main()
