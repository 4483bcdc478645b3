"""The distributed shape as docker-compose.yml writes it down, and what its services are started with."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypedDict, cast

import asyncpg
import pytest
import yaml

from adapters.files import ADAPTER
from hub.records.customer import ContactMediumRecord, CustomerRecord
from hub.records.enums import MediumKind
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence
from hub.settings.configuration import load_configuration
from hub.settings.environment import Settings
from tests.services import absent

ROOT: Final = Path(__file__).parents[1]
HUB_PROCESSES: Final = ("migrate", "web", "worker")
CLIENT: Final = shutil.which("docker-compose")


class Service(TypedDict, total=False):
    """What these tests look at."""

    image: str
    command: Sequence[str]
    depends_on: Mapping[str, Mapping[str, str]]
    deploy: Mapping[str, int]
    environment: Mapping[str, str | None]
    healthcheck: Mapping[str, object]
    secrets: Sequence[object]
    ports: Sequence[str]


class ComposeFile(TypedDict):
    """The file's top level."""

    services: Mapping[str, Service]
    secrets: Mapping[str, Mapping[str, str]]


@pytest.fixture(scope="module")
def compose() -> ComposeFile:
    return cast(ComposeFile, yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8")))


def test_two_web_and_two_worker_processes_wait_for_one_migration(compose: ComposeFile) -> None:
    services = compose["services"]
    assert set(services) == {"postgres", "rabbitmq", "migrate", "web", "worker"}
    assert {name: services[name]["command"] for name in HUB_PROCESSES} == {
        "migrate": ["migrate-db"],
        "web": ["serve"],
        "worker": ["work"],
    }
    for name in ("web", "worker"):
        assert services[name]["deploy"] == {"replicas": 2}
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "postgres": {"condition": "service_healthy"},
            "rabbitmq": {"condition": "service_healthy"},
        }
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["web"]["ports"] == ["127.0.0.1:8080-8081:8080"]


def test_everything_that_stays_up_says_whether_it_is_healthy(compose: ComposeFile) -> None:
    services = compose["services"]
    assert {name for name in services if "healthcheck" in services[name]} == {"postgres", "rabbitmq", "web", "worker"}
    assert "/healthz" in str(services["web"]["healthcheck"]["test"])
    assert services["worker"]["healthcheck"]["test"] == ["CMD", "python", "/opt/contacthub/worker_health.py"]


def test_no_secret_stands_in_the_file(compose: ComposeFile) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert "PASSWORD" not in name or name.endswith("_FILE")
            assert "://" not in (value or "")
    assert {secret["file"].rpartition("/")[0] for secret in compose["secrets"].values()} == {"./secrets"}
    assert compose["services"]["migrate"]["secrets"] == ["hub_database_url"]


def test_the_created_secrets_are_those_that_the_file_mounts_and_are_made_once(
    tmp_path: Path, compose: ComposeFile
) -> None:
    subprocess.run([ROOT / "secrets" / "create.sh", tmp_path], check=True, stdout=subprocess.DEVNULL)
    made = {path.name: path.read_text(encoding="ascii") for path in tmp_path.iterdir()}
    again = subprocess.run([ROOT / "secrets" / "create.sh", tmp_path], check=True, stdout=subprocess.PIPE)

    assert {Path(secret["file"]).name for secret in compose["secrets"].values()} == made.keys() - {"rabbitmq_password"}
    assert again.stdout == b""
    assert {path.name: path.read_text(encoding="ascii") for path in tmp_path.iterdir()} == made


def test_a_mounted_secret_is_a_setting_and_the_environment_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUB_BROKER_URL", raising=False)
    monkeypatch.setenv("HUB_DATABASE_URL", "postgresql://elsewhere/hub")
    (tmp_path / "hub_database_url").write_text("postgresql://postgres/hub\n", encoding="ascii")
    (tmp_path / "hub_broker_url").write_text("amqp://rabbitmq\n", encoding="ascii")

    settings = Settings(_secrets_dir=tmp_path)

    assert settings.broker_url is not None
    assert settings.broker_url.get_secret_value() == "amqp://rabbitmq"
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://elsewhere/hub"


def test_the_configuration_it_starts_with_reads_a_weekly_file() -> None:
    found = load_configuration(ROOT / "examples" / "compose" / "hub.yaml", {"files": ADAPTER}, {})
    mapping = found.mappings[SystemName("crm"), Entity.CUSTOMER]

    record = mapping.record_of({"customer_number": "K1", "name": "Jan Bakker", "email": "jan@example.org", "phone": ""})

    assert found.flows[FlowName("crm-customers")].authoritative.cadence is FlowCadence.WEEKLY
    assert record == CustomerRecord(
        customer_number="K1",
        name="Jan Bakker",
        contact_media=(ContactMediumRecord(external_id="EMAIL", kind=MediumKind.EMAIL, value="jan@example.org"),),
    )


@pytest.mark.slow
async def test_a_worker_is_healthy_as_long_as_it_holds_its_session(database_url: str) -> None:
    stranger = await asyncpg.connect(database_url)
    assert await _health(database_url) == 1
    worker = await asyncpg.connect(database_url, server_settings={"application_name": "contacthub-sequencer"})
    assert await _health(database_url) == 0
    await worker.close()
    await stranger.close()


async def _health(database_url: str) -> int | None:
    check = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "docker" / "worker_health.py"), env={**os.environ, "HUB_DATABASE_URL": database_url}
    )
    await check.wait()
    return check.returncode


def test_a_compose_client_accepts_the_file() -> None:
    if CLIENT is None:
        absent("compose", "no docker-compose client on this machine")
    environment = {**os.environ, "HUB_OIDC_ISSUER": "https://login.example.invalid"}
    subprocess.run([CLIENT, "--file", "docker-compose.yml", "config", "--quiet"], cwd=ROOT, env=environment, check=True)
