"""`python -m hub.entrypoints.cli` is the command `hub`."""

from hub.entrypoints.cli import main

main()
