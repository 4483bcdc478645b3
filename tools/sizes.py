"""Fail when a Python file passes 400 lines; run by `make check`.

A file of that length holds more than one concept: split it where its parts would be looked for.
"""

import sys
from pathlib import Path

LIMIT = 400
GENERATED = Path("migrations/versions")
"""Written by Alembic, one file per release, never edited: its length says nothing."""
ROOTS = ("hub", "schema", "adapters", "migrations", "tests", "benchmarks", "examples", "tools")


def main() -> int:
    """Print each file over the limit and return how many there are."""
    long_files = [
        (lines, path)
        for root in ROOTS
        for path in sorted(Path(root).rglob("*.py"))
        if path.parent != GENERATED and (lines := len(path.read_text(encoding="utf-8").splitlines())) > LIMIT
    ]
    for lines, path in long_files:
        print(f"{path}: {lines} lines, the limit is {LIMIT}: split it", file=sys.stderr)
    return min(len(long_files), 1)


if __name__ == "__main__":
    sys.exit(main())
