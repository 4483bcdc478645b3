"""Node and the programs of the ecosystem that run on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.clients import node_folder


@pytest.fixture(scope="session")
def node() -> Path:
    """Where the programs are installed; tests that need them are skipped aloud without Node."""
    return node_folder()
