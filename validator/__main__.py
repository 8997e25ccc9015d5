"""`python -m validator`: the command line without the script that setup installs."""

from validator.cli import main

main()
