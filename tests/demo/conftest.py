"""The demonstration's Tryton: three roles in one process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.demo.tryton.home import running_tryton
from examples.demo.tryton.roles import CM, CRM, LMS
from examples.demo.tryton.server import TrytonServer
from tests.tryton_ground import DEMO_FOLDER, Ground


@pytest.fixture(scope="session")
def demo_folder(ground: Ground) -> Path:
    """The demonstration's data, which began with the templates of the ground."""
    return DEMO_FOLDER


@pytest.fixture(scope="session")
def tryton(ground: Ground) -> Iterator[TrytonServer]:
    """The three roles as the demo starts them; tests read them, or change what no other test looks at."""
    databases = {"demo_crm": CRM, "demo_lms": LMS, "demo_cm": CM}
    with running_tryton(ground.home, ground.postgres, databases, fresh=True) as server:
        yield server
