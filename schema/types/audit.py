"""Events of the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import orjson
import strawberry
from strawberry.relay import GlobalID

from hub.reads.audit import AuditRow
from schema.types.enums import AuditKind


@strawberry.type(description="One thing that an event tells beside who, what and when.")
class AuditDetail:
    """By name."""

    name: str = strawberry.field(description="`place` of the schema, `operation`, `field`, `customers`, ...")
    value: str = strawberry.field(description="A name, a code or an id, never a value of a person; lists as JSON.")


@strawberry.type(description="Who looked or changed, at what, from where and why. It holds ids and no values.")
class AuditEntry:
    """One event of the trail."""

    id: GlobalID = strawberry.field(description="Opaque.")
    at: datetime = strawberry.field(description="When.")
    kind: AuditKind = strawberry.field(description="Whether somebody looked, changed something or was refused.")
    principal: str = strawberry.field(description="Who: the subject of a token, `cli:` somebody, or a chore.")
    action: str = strawberry.field(description="`read`, `denied`, or the name of what was done.")
    object_type: str = strawberry.field(description="To what: Customer, Customers (several), Operation, ...")
    object_id: str = strawberry.field(
        description="Its id at that time; of a Customer as the API writes it, of Customers the field."
    )
    outcome: str = strawberry.field(description="DONE, or why it was refused.")
    purpose: str | None = strawberry.field(description="The code of why, as the caller gave it.")
    address: str | None = strawberry.field(description="The caller's IP address.")
    session_id: GlobalID | None = strawberry.field(description="The contact with the customer within which it was.")
    channel: str | None = strawberry.field(description="The channel of that contact.")
    request_id: str | None = strawberry.field(description="Under which the log tells of the request.")
    details: list[AuditDetail] = strawberry.field(description="What else is told, by name.")
    sealed: bool = strawberry.field(description="Whether it stands under a seal of the chain of digests by now.")

    @classmethod
    def of(cls, row: AuditRow) -> Self:
        """The type from its row."""
        of_customer = row.object_type == "Customer"
        return cls(
            id=GlobalID("AuditEntry", str(row.id)),
            at=row.at,
            kind=row.kind,
            principal=row.principal,
            action=row.action,
            object_type=row.object_type,
            object_id=str(GlobalID("Customer", row.object_id)) if of_customer else row.object_id,
            outcome=row.outcome,
            purpose=row.purpose,
            address=row.address,
            session_id=None if row.session is None else GlobalID("CustomerSession", str(row.session)),
            channel=row.channel,
            request_id=row.request_id,
            details=_details(row),
            sealed=row.seal is not None,
        )


def _details(row: AuditRow) -> list[AuditDetail]:
    told = dict(row.detail)
    if row.customers is not None:
        told["customers"] = [str(customer) for customer in row.customers]
    return [
        AuditDetail(name=name, value=value if isinstance(value, str) else orjson.dumps(value).decode())
        for name, value in sorted(told.items())
    ]
