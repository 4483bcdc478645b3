"""The manifest: written last, it makes a delivery complete and tells how to read and verify it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from adapters.files.options import Delimiter, Encoding, FileFormat
from hub.errors import Rejected
from hub.records.identity import Entity

MANIFEST_NAME: Final = "manifest.json"

# A plain name: no folders, nothing hidden, nothing that climbs out of the delivery.
PlainName = Annotated[str, StringConstraints(pattern=r"^[^./\\\x00][^/\\\x00]*$", max_length=200)]


class ManifestFile(BaseModel):
    """One data file; `rows` counts records without the header, `sha256` is over its bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PlainName
    rows: int = Field(ge=0)
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$", to_lower=True)]


class Manifest(BaseModel):
    """One full set of one entity, read at the source in [export_started_at, export_finished_at]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entity: Entity
    format: FileFormat
    encoding: Encoding = "utf-8"
    delimiter: Delimiter = ","
    export_started_at: AwareDatetime
    export_finished_at: AwareDatetime
    files: tuple[ManifestFile, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Manifest:
        if self.export_finished_at < self.export_started_at:
            raise ValueError("export_finished_at is before export_started_at")
        if len({file.name for file in self.files}) < len(self.files):
            raise ValueError("a file is listed twice")
        return self


def load_manifest(path: Path) -> Manifest:
    """Raises Rejected with every mistake in it."""
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        mistakes = "; ".join(
            f"{'.'.join(map(str, mistake['loc'])) or 'the file'}: {mistake['msg']}" for mistake in error.errors()
        )
        raise Rejected(f"{path.parent.name}/{path.name}: {mistakes}") from error
