"""What hub.yaml says about one JSON API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr

from hub.records.identity import Entity


def _expression(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError(f"{text!r} is not a JMESPath expression") from error
    return text


Expression = Annotated[str, AfterValidator(_expression)]
Path = Annotated[str, Field(pattern=r"^/[^\s]*$")]


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BearerToken(_Options):
    """`Authorization: Bearer ...` (RFC 6750)."""

    kind: Literal["bearer"]
    token: SecretStr


class Password(_Options):
    """HTTP Basic authentication (RFC 7617)."""

    kind: Literal["basic"]
    user: str
    password: SecretStr


class SecretHeader(_Options):
    """A header of the package's own, such as X-Api-Key."""

    kind: Literal["header"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
    value: SecretStr


Auth: TypeAlias = Annotated[BearerToken | Password | SecretHeader, Field(discriminator="kind")]


class ByPage(_Options):
    """Pages by number; one with fewer records than asked for is the last."""

    by: Literal["page"]
    param: str = "page"
    size_param: str | None = Field("per_page", description="Parameter with the number of records; null: fixed there.")
    first: int = Field(1, ge=0, description="Number of the first page.")


class ByOffset(_Options):
    """Pages by the number of records before them; one with fewer records than asked for is the last."""

    by: Literal["offset"]
    param: str = "offset"
    size_param: str | None = "limit"


class ByCursor(_Options):
    """Each answer names the cursor of the next page; the last one names none."""

    by: Literal["cursor"]
    param: str = "cursor"
    next: Expression = Field(description="JMESPath of the next page's cursor in the answer.")
    size_param: str | None = "limit"


class ByLink(_Options):
    """Each answer carries the next page's address in its Link header (RFC 8288, rel=next)."""

    by: Literal["link"]
    size_param: str | None = "per_page"


class OnePage(_Options):
    """One answer holds everything."""

    by: Literal["none"]
    size_param: None = None


Paging: TypeAlias = Annotated[ByPage | ByOffset | ByCursor | ByLink | OnePage, Field(discriminator="by")]


class Since(_Options):
    """How to ask only for what changed; the API must list what changed at or after the time it is given."""

    param: str
    format: Literal["iso8601", "epoch_s"] = "iso8601"


class EntityPaths(_Options):
    """Where one entity stands. Without `since` every run reads the whole list; without `one` nothing is read by id."""

    list: Path = Field(description="Path of the list, from `url`.")
    records: Expression = Field("@", description="JMESPath of the list of records in an answer.")
    params: Mapping[str, str] = Field({}, description="Parameters of every list call, such as a sort order.")
    id: Expression = Field("id", description="JMESPath of a record's id.")
    stamp: Expression | None = Field(
        None, description="JMESPath of the change stamp: ISO 8601 with an offset (UTC if none), or seconds since 1970."
    )
    paging: Paging = ByPage(by="page")
    page_rows: int = Field(500, ge=1, le=10_000, description="Most records asked for at once.")
    since: Since | None = None
    one: Annotated[str, Field(pattern=r"^/\S*\{id\}\S*$")] | None = Field(
        None, description="Path of one record, with {id} in it; 404 and 410 say that it is gone."
    )
    one_record: Expression = Field("@", description="JMESPath of the record in that answer.")
    deleted: Expression | None = Field(None, description="JMESPath that is true on a record that is deleted.")


class RestOptions(_Options):
    """The `options:` of a system with `adapter: rest`."""

    url: AnyHttpUrl = Field(description="Base address, for example https://shop.example/api/v2")
    auth: Auth | None = None
    headers: Mapping[str, str] = Field({}, description="Further headers of every call; no secrets.")
    entities: Mapping[Entity, EntityPaths] = Field(min_length=1, description="What the API holds for the hub.")
    horizon_s: float = Field(
        30.0,
        ge=0,
        description="Seconds behind a run's start that the stored mark stays: what is being written then may still "
        "appear with an earlier stamp.",
    )
    answer_bytes_max: int = Field(
        64 * 2**20, ge=1024, description="Largest answer that is read; a larger one is refused."
    )
