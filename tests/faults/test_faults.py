"""The short version of `make faults`: each kind of fault once while four flows migrate, on real processes."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.faults.campaign import campaign
from tests.faults.points import ORDER
from tests.services import RABBITMQ, needs

pytestmark = pytest.mark.slow


async def test_faults_during_migrations_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    needs("rabbitmq", RABBITMQ)
    seed = secrets.randbelow(10**6)
    report = await campaign(tmp_path, points=len(ORDER), seed=seed)
    print(report)
    assert report.wrong == [], f"{report.wrong}; again with: make faults ARGS='--points {len(ORDER)} --seed {seed}'"
