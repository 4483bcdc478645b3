"""BottleCRM needs a newer Python than the hub: which one there is."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

NEEDED: Final = (3, 12)
NEWEST: Final = 19
PYENV: Final = Path("~/.pyenv/versions").expanduser()


def find_python() -> Path | None:
    """HUB_TEST_BOTTLECRM_PYTHON, else the oldest that is new enough: on the path first, then of pyenv."""
    named = os.environ.get("HUB_TEST_BOTTLECRM_PYTHON")
    if named:
        return Path(named) if Path(named).exists() else None
    on_path = (shutil.which(f"python3.{minor}") for minor in range(NEEDED[1], NEWEST))
    # A pyenv puts commands on the path that only say which versions there would be.
    found = [Path(place) for place in on_path if place is not None and "shims" not in Path(place).parts]
    installed = sorted((version, place) for place in PYENV.glob("3.*") if (version := _version(place.name)) >= NEEDED)
    found += [place / "bin" / "python3" for _, place in installed]
    return next((place for place in found if place.exists()), None)


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", name))
