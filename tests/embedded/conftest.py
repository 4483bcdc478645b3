import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded.postgres import EmbeddedPostgres


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """Neither created nor started; stopped afterwards, whatever the test did to it."""
    fresh = EmbeddedPostgres(tmp_path / "postgres", durable=False)
    yield fresh
    fresh.stop()


@pytest.fixture(scope="session")
def created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that was started once and stopped in order."""
    folder = tmp_path_factory.mktemp("created") / "postgres"
    with EmbeddedPostgres(folder, durable=False):
        return folder


@pytest.fixture
def embedded(created: Path, fresh: EmbeddedPostgres) -> EmbeddedPostgres:
    """As `fresh`, with the data directory in place: copying it takes a tenth of creating it."""
    # shutil does not keep the owner.
    subprocess.run(["cp", "--archive", created, fresh.data_dir], check=True)
    return fresh


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One server with TCP for all tests that only talk to it."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("running") / "postgres", durable=False, tcp_port=0) as running:
        yield running
