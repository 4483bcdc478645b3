"""The one place that reads the environment."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

CONTAINER_SECRETS: Final = Path("/run/secrets")
"""Where Docker, Compose and Kubernetes mount secrets; elsewhere there is no such folder."""


def _split(written: object) -> object:
    return tuple(filter(None, map(str.strip, written.split(",")))) if isinstance(written, str) else written


def _networks(written: tuple[str, ...]) -> tuple[str, ...]:
    for each in written:
        ip_network(each)
    return written


Listed: TypeAlias = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class LogFormat(StrEnum):
    """JSON for machines, CONSOLE for a person at a terminal."""

    JSON = "json"
    CONSOLE = "console"


class Settings(BaseSettings):
    """Process settings; every field is read from HUB_<NAME>, and `<NAME>_file` fields hold a path to a secret.

    Where containers get secrets as files, a field is also read from /run/secrets/hub_<name>, behind the environment.
    """

    model_config = SettingsConfigDict(
        env_prefix="HUB_",
        extra="ignore",
        frozen=True,
        secrets_dir=CONTAINER_SECRETS if CONTAINER_SECRETS.is_dir() else None,
    )

    config: Path = Field(Path("hub.yaml"), description="Path of the configuration file of systems and flows.")
    data_dir: Path = Field(Path(".hub"), description="Where the embedded mode keeps database, keys and logs.")
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://... of an existing PostgreSQL 15+; unset: the embedded one is started.",
    )
    broker_url: SecretStr | None = Field(
        None, description="amqp://... or redis://...; unset: the in-process broker, for one process only."
    )
    broker_prefix: str = Field("hub", description="Keeps the queues of installations that share a broker apart.")
    database_pool_size: int = Field(8, ge=1, le=200, description="Connections per event loop; 8 keep 2 cores busy.")
    compiled_reads: bool = Field(
        True, description="Answer queries by statements; false: by resolvers alone, to see which way is at fault."
    )
    kept_answers_mb: int = Field(
        64,
        ge=0,
        le=100_000,
        description="Memory of a web process for answers that still hold, in megabytes: some 9,000 views. 0: none.",
    )
    statement_timeout_ms: int = Field(
        30_000,
        ge=100,
        description="A single SQL statement of the web process ends after this, in milliseconds.",
    )
    query_timeout_ms: int = Field(
        60_000,
        ge=100,
        description="A query ends after this as a whole, in milliseconds, however many statements it takes.",
    )
    host: str = Field("127.0.0.1", description="Address the web process listens on.")
    port: int = Field(8080, ge=1, le=65535, description="TCP port the web process listens on.")
    master_key: SecretStr | None = Field(
        None,
        description="32 bytes in base64 that wrap the data keys, or a key file; unset: generated (embedded only).",
    )
    master_key_file: Path | None = Field(None, description="A file that holds what HUB_MASTER_KEY would.")
    bulk_step_every_ms: int = Field(
        500,
        ge=50,
        le=60_000,
        description="While real-time work is late, a bulk run takes a step of 50 records this often, in milliseconds.",
    )
    webhook_bytes_max: int = Field(
        262_144, ge=1024, le=1_000_000, description="Longest body of a webhook, in bytes; a longer one is refused."
    )
    oidc_jwks_url: str | None = Field(
        None, description="Key set of the identity provider; unset: where its own OpenID configuration says."
    )
    oidc_issuer: str | None = Field(None, description="The identity provider, which is the required `iss` of a token.")
    oidc_audience: str = Field("contacthub", description="Required `aud` of a token.")
    jwt_public_key_file: Path | None = Field(
        None, description="PEM or JWK set for RS256/ES256 of a provider that publishes none."
    )
    clock_skew_s: int = Field(30, ge=0, le=300, description="Tolerance on `exp` and `nbf`, in seconds.")
    cors_origins: Listed = Field((), description="Origins a browser may call from, separated by commas.")
    trusted_proxies: Annotated[Listed, AfterValidator(_networks)] = Field(
        (),
        description="Addresses and networks of proxies in front of the web process, separated by commas; only of them "
        "X-Forwarded-For is believed, and the audit trail tells the address that they ask for.",
    )
    trusted_documents: Path | None = Field(
        None, description="Manifest of documents that clients may name by id: a JSON object of ids and texts."
    )
    trusted_documents_only: bool = Field(False, description="Answer no document but those of the manifest.")
    decision_engine_url: str | None = Field(
        None, description="Where campaign management ranks offers live; unset: the hub ranks by itself."
    )
    decision_engine_token: SecretStr | None = Field(None, description="Bearer token for the decision engine.")
    decision_engine_deadline_ms: int = Field(
        150, ge=10, le=5_000, description="An answer that takes longer is not waited for, in milliseconds."
    )
    usage_url: SecretStr | None = Field(
        None, description="redis://... where requests of a caller are counted for all processes; unset: PostgreSQL."
    )
    log_format: LogFormat = Field(LogFormat.JSON, description="json or console.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    page_size_max: int = Field(100, ge=1, le=1000, description="Largest `first` of a connection.")

    @property
    def embedded(self) -> bool:
        """True when the hub runs its own database; only then do development tokens exist."""
        return self.database_url is None
