"""The whole test suite: the fast tests on both cores, then those that need a real package or processes of their own.

python tools/suite.py [arguments for pytest, such as -k name]
"""

from __future__ import annotations

import subprocess
import sys

NOTHING_SELECTED = 5
"""pytest's exit status when its arguments leave no test; of two parts one may well be empty."""


def main(arguments: list[str]) -> int:
    """Runs both parts whatever the first comes to; 0 when every test that was chosen passed."""
    parts = (["-n", "2", "-m", "not slow"], ["-m", "slow"])
    outcomes = [
        subprocess.run([sys.executable, "-m", "pytest", "-q", *part, *arguments], check=False).returncode
        for part in parts
    ]
    if all(outcome == NOTHING_SELECTED for outcome in outcomes):
        return NOTHING_SELECTED
    return max(outcome for outcome in outcomes if outcome != NOTHING_SELECTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
