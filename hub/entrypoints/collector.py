"""Python's garbage collector in a process that takes pages in."""

from __future__ import annotations

import gc
from typing import Final

COLLECT_AFTER: Final = 50_000
"""Objects that came and stayed before the collector looks: a page is that many, and nothing in it forms a cycle."""


def spare_the_collector() -> None:
    """Call it once a process is up: what was made to start lives to the end, and is not walked for every page."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
