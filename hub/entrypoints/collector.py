"""Python's garbage collector in a process that takes pages in."""

from __future__ import annotations

import gc
from typing import Final

COLLECT_AFTER: Final = 20_000
"""Objects that came and stayed before the collector looks. A page makes several times as many and no cycle of them;
what events leave in cycles is then a few megabytes at most."""


def spare_the_collector() -> None:
    """Call it once a process is up: what was made to start lives to the end, and is not walked for every page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
