"""What `hub check` tells about one BottleCRM."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.bottlecrm.connection import Connection
from adapters.bottlecrm.entities import ENTITIES
from adapters.bottlecrm.reading import Place, heard, list_page
from hub.errors import HubError, Unauthorised
from hub.ports.pages import CheckResult
from hub.records.identity import Entity


async def check_access(connection: Connection, entities: Sequence[Entity]) -> Sequence[CheckResult]:
    """Raises nothing."""
    try:
        began = await heard(connection)
    except HubError as error:
        return [CheckResult("connection", ok=False, detail=f"{error.message}: check `url`")]
    results = [CheckResult("connection", ok=True, detail="BottleCRM answers")]
    for entity in (one for one in entities if one in ENTITIES):
        try:
            await list_page(connection, entity, Place(began=began), 1)
        except Unauthorised as error:
            hint = "the token must be an administrator's, and its scopes must cover this"
            results.append(CheckResult(entity.value, ok=False, detail=f"{error.message}: {hint}"))
        except HubError as error:
            results.append(CheckResult(entity.value, ok=False, detail=error.message))
        else:
            results.append(CheckResult(entity.value, ok=True, detail=f"{ENTITIES[entity].path} can be read"))
    return results
