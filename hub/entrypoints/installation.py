"""One installation as a process sees it: settings, hub.yaml, the database's address and the keys."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.embedded.postgres import EmbeddedPostgres
from hub.entrypoints.wiring import InstalledAdapters
from hub.errors import Conflict
from hub.ports.system import Adapter
from hub.settings.configuration import Configuration, load_configuration
from hub.settings.environment import Settings
from hub.store.engine import Database, open_engine
from hub.store.keys import KeyRing
from hub.store.master_key import load_master_keys
from migrations.migrate import upgrade

DATABASE = "contacthub"


@dataclass(frozen=True)
class Installation:
    """`database_url` holds a password in production: it is for engines, never for a log."""

    settings: Settings
    configuration: Configuration
    adapters: Mapping[str, Adapter[Any]]  # Any: each adapter has options of its own
    database_url: str

    def open_database(self, statement_timeout_ms: int = 0) -> Database:
        """An engine for the running event loop."""
        return Database(open_engine(self.database_url, self.settings.database_pool_size, statement_timeout_ms))

    def keys(self) -> KeyRing:
        """The key ring under the installation's master key."""
        return KeyRing(load_master_keys(self.settings))


def read_configuration(settings: Settings) -> tuple[Configuration, Mapping[str, Adapter[Any]]]:
    """hub.yaml with every mistake reported at once (Misconfigured), and the adapters it may name."""
    adapters = InstalledAdapters()
    return load_configuration(settings.config, adapters, os.environ), adapters


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """HUB_DATABASE_URL, or the embedded PostgreSQL for as long as the block lasts.

    When another process of this installation runs the embedded one already, its database is used and left running.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    postgres = EmbeddedPostgres(settings.data_dir / "postgres")
    try:
        postgres.start()
    except Conflict:
        address = _address(settings)
        if not address.exists():
            raise
        yield address.read_text(encoding="utf-8")
        return
    try:
        with _announced_url(settings, postgres) as url:
            yield url
    finally:
        postgres.stop()


@contextmanager
def _announced_url(settings: Settings, postgres: EmbeddedPostgres) -> Iterator[str]:
    """The hub's database on a running server; other commands of this installation find its address in a file."""
    if not postgres.has_database(DATABASE):
        postgres.create_database(DATABASE)
    address = _address(settings)
    address.touch(mode=0o600)
    address.write_text(postgres.libpq(DATABASE), encoding="utf-8")
    try:
        yield postgres.libpq(DATABASE)
    finally:
        address.unlink(missing_ok=True)


def known_database_url(settings: Settings) -> str | None:
    """HUB_DATABASE_URL, or the embedded PostgreSQL's address while another process runs it; starts nothing."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    address = _address(settings)
    return address.read_text(encoding="utf-8") if address.exists() else None


def _address(settings: Settings) -> Path:
    return settings.data_dir / "database.url"


@contextmanager
def announced(
    settings: Settings,
    configuration: Configuration,
    adapters: Mapping[str, Adapter[Any]],
    postgres: EmbeddedPostgres,
) -> Iterator[Installation]:
    """The installation on an embedded server that the caller runs."""
    with _announced_url(settings, postgres) as url:
        yield Installation(settings, configuration, adapters, url)


@contextmanager
def installation(settings: Settings) -> Iterator[Installation]:
    """The installation with its database reachable; the schema is as `migrate` left it."""
    configuration, adapters = read_configuration(settings)
    with database_url(settings) as url:
        yield Installation(settings, configuration, adapters, url)


async def migrate(url: str) -> None:
    """Bring the database to the newest schema."""
    engine = open_engine(url)
    try:
        await upgrade(engine)
    finally:
        await engine.dispose()
