"""A company whose CRM delivers files, run by real `hub work` processes on a broker."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from adapters.files.export import write_export
from adapters.files.options import FileFormat
from hub.records.identity import Entity
from hub.records.source import JsonObject

HUB_YAML = """
company: Test
systems:
  crm:
    adapter: files
    roles: [CRM]
    options: {folder: "${DROP_FOLDER}", entities: {customer: {id: id, write: true}}, batch_size: 20}
    mappings:
      customer:
        entity: customer
        version: 1
        fields: {name: name}
        lists:
          contact_media:
            from: media
            fields: {external_id: id, kind: kind, value: value}
flows:
  crm-customers:
    business_flow: 2
    entity: customer
    source: crm
    lanes: [{cadence: WEEKLY, mode: AUTHORITATIVE, cron: "0 3 1 1 *", page_size: 50}]
  corrections:
    business_flow: 8
    entity: customer
    source: hub
    target: crm
    lanes:
      - {cadence: WEEKLY, mode: AUTHORITATIVE, cron: "0 4 1 1 *", page_size: 50}
      - {cadence: REAL_TIME, mode: SHADOW}
"""


@dataclass(frozen=True)
class Company:
    """Folder, database and broker of one installation."""

    folder: Path
    database_url: str
    broker_url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HUB_CONFIG": str(self.folder / "hub.yaml"),
            "HUB_DATA_DIR": str(self.folder / "data"),
            "HUB_DATABASE_URL": self.database_url,
            "HUB_BROKER_URL": self.broker_url,
            "HUB_BROKER_PREFIX": self.folder.name + token_hex(4),
            "HUB_MASTER_KEY": b64encode(b"k" * 32).decode(),
            "DROP_FOLDER": str(self.folder / "drop"),
        }

    def deliver(self, customers: Sequence[JsonObject], at: datetime) -> None:
        write_export(self.folder / "drop", Entity.CUSTOMER, customers, at, at, FileFormat.JSONL)


def company(folder: Path, database_url: str, broker_url: str) -> Company:
    (folder / "drop").mkdir()
    (folder / "hub.yaml").write_text(HUB_YAML, encoding="utf-8")
    return Company(folder, database_url, broker_url)


def customers(count: int, suffix: str = "") -> list[JsonObject]:
    return [
        {
            "id": str(number),
            "name": f"Customer {number}{suffix}",
            "media": [{"id": "1", "kind": "EMAIL", "value": f"customer{number}@example.com"}],
        }
        for number in range(count)
    ]


@contextmanager
def workers(environment: dict[str, str], count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Worker processes that are stopped at the end, however they are by then."""
    command = [sys.executable, "-m", "hub.entrypoints.cli", "work"]
    processes = [subprocess.Popen(command, env=environment) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


FIRST, SECOND = datetime(2026, 1, 5, 3, tzinfo=UTC), datetime(2026, 1, 12, 3, tzinfo=UTC)
