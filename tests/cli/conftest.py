"""A company for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.store.engine import Database
from tests.cli.company import Company, found_company


@pytest.fixture
def company(tmp_path: Path, database: Database, database_url: str) -> Company:
    """Nothing delivered yet."""
    return found_company(tmp_path, database, database_url)
