"""What every part of hub.yaml has in common."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

_NAME: Final = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")


class Written(BaseModel):
    """Immutable, and a key that nobody reads is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _named(text: str) -> str:
    # Names become parts of queue names, metric labels and URLs.
    if not _NAME.fullmatch(text) or len(text) > 60:
        hint = {"allowed": "lower-case letters and digits, joined by single dashes, at most 60: crm-customers"}
        raise PydanticCustomError("name", "is not a name the hub can use", hint)
    return text


Name = Annotated[str, AfterValidator(_named)]
