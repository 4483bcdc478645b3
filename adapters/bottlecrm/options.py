"""What hub.yaml says about one BottleCRM."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr

from adapters.bottlecrm.entities import TAKEN
from hub.records.identity import Entity


def _held(entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    foreign = [entity.value for entity in entities if entity not in TAKEN]
    if foreign:
        raise ValueError(f"the BottleCRM adapter holds no {', '.join(foreign)}; it holds {', '.join(TAKEN)}")
    return entities


class BottleCrmOptions(BaseModel):
    """The `options:` of a system with `adapter: bottlecrm`.

    BottleCRM has no login with a password: people get a link by mail, programs a personal access token. The pair of
    tokens of a session would be replaced at each renewal, which several processes of the hub cannot share.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[AnyHttpUrl, Field(description="Base address, for example https://crm.example.org/")]
    token: Annotated[
        SecretStr,
        Field(description="Personal access token (`bcrm_pat_...`) of an administrator, who sees every record"),
    ]
    entities: Annotated[
        tuple[Entity, ...], Field(min_length=1, description="What it is used for"), AfterValidator(_held)
    ] = TAKEN
    webhook_secrets: Annotated[
        tuple[SecretStr, ...],
        Field(description="Secrets of its webhook; two while one replaces the other, none: it is not taken to call"),
    ] = ()
    page_rows: Annotated[
        int, Field(ge=1, le=2000, description="Most records read in one call, each of which also lists all contacts")
    ] = 500
