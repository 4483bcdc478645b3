"""Leads through the API."""

from __future__ import annotations

from typing import Any, Final

from hub.access.principal import Role
from tests.schema.serving import Api

LEAD: Final = """
  lead {
    id number state stateReason rating priority amount currency direction channel campaign proposition
    openedAt respondedAt leadOwner customer { name }
    responses { channel outcome occurredAt recordedBy }
    receipts { system externalId state code }
  }
  problems { code message path }
"""


async def lead(api: Api, operation: str, /, **given: Any) -> Any:
    """The payload of a mutation of leads by an agent."""
    kind = f"{operation[0].upper()}{operation[1:]}Input"
    document = f"mutation($input: {kind}!) {{ {operation}(input: $input) {{ {LEAD} }} }}"
    answer = await api.ask(document, {"input": given}, role=Role.AGENT)
    assert answer.errors == []
    return answer.data[operation]
