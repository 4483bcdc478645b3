"""The short version of `make faults`: five drawn faults while four flows migrate, on real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import campaign
from tests.services import RABBITMQ, needs

pytestmark = pytest.mark.slow


async def test_faults_during_migrations_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    needs("rabbitmq", RABBITMQ)
    report = await campaign(tmp_path, points=5, seed=20261)
    print(report)
    assert report.wrong == []
