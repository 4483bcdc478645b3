"""Faults during migrations, as many as wanted: python -m tests.faults --points 100 --seed 7"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import sys
import tempfile
from pathlib import Path

from tests.faults.campaign import campaign
from tests.faults.points import ORDER


def main() -> int:
    """Print each fault as it comes, then the table; 1 when something was lost, doubled or left unexplained."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--points", type=int, default=100, help="how many faults; default 100")
    parser.add_argument("--seed", type=int, default=None, help="draws the faults again that were printed with it")
    parser.add_argument("--keep", type=Path, help="an empty folder for logs and data that is to stay")
    parser.add_argument("--only", default="", help="faults that have this in their name, such as kill")
    options = parser.parse_args()
    if not any(options.only in kind for kind in ORDER):
        parser.error(f"no fault is named like {options.only!r}; there are: {', '.join(ORDER)}")
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    logging.getLogger("dramatiq").setLevel(logging.CRITICAL)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        report = asyncio.run(campaign(options.keep or Path(folder), options.points, seed, _say, options.only))
    print(f"\nseed {seed}\n{report}")
    return 1 if report.wrong else 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
