"""Tryton as the stories' CRM."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from examples.demo.tryton.server import TrytonServer
from tests.stories.company import crm_with_sanne
from tests.tryton_ground import Ground


@pytest.fixture(scope="module")
def crm(ground: Ground) -> Iterator[TrytonServer]:
    """A fresh one for each story; it knows Sanne with a typo."""
    with crm_with_sanne(ground) as server:
        yield server
