"""How many results the caches of comparing keep."""

from typing import Final

TEXTS: Final = 20_000
"""For each cache. Names repeat: the commonest few thousand are most of a register, in bulk as in ordinary work.

Each costs some 250 bytes for as long as the process lives, so this bounds a worker that meets new people all day.
"""
