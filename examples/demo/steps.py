"""Say what is being done and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

CONSOLE = Console(soft_wrap=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce the step, and its seconds once it is done."""
    CONSOLE.print(f"[bold]•[/bold] {title} ...", highlight=False)
    began = time.monotonic()
    yield
    CONSOLE.print(f"  done in {time.monotonic() - began:.1f} s", style="dim", highlight=False)


def say(words: str) -> None:
    """A line below the step at hand."""
    CONSOLE.print(f"  {words}", style="dim", highlight=False)
