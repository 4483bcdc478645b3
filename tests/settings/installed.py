"""The adapters that the tests take for installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, SecretStr, field_validator

from hub.settings.systems import AdapterSpec

HERE: Final = Path(__file__).parent


class Session(BaseModel):
    """Options inside options."""

    key: SecretStr | None = None
    minutes: int = 10


class PackageOptions(BaseModel):
    """Options as an adapter of a package declares them."""

    url: str
    database: str = Field("main", description="Name of the database.")
    password: SecretStr | None = None
    session: Session = Session()

    @field_validator("url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if not url.startswith("http"):
            raise ValueError(f"{url} is not a web address")
        return url


@dataclass(frozen=True)
class Installed:
    """An adapter as the configuration sees it."""

    options: type[BaseModel]
    mappings: Path | None


ADAPTERS: Final[Mapping[str, AdapterSpec]] = {
    "package": Installed(PackageOptions, HERE / "mappings"),
    "bare": Installed(PackageOptions, None),
}

ENVIRONMENT: Final = {"URL": "http://127.0.0.1:8000", "PASSWORD": "correct-horse", "NOT_A_URL": "correct-horse"}
