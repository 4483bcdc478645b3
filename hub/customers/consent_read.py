"""What customers allow, for many of them in two statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent import Decided, Merged, Statement, decide_consent
from hub.customers.identifiers import Node
from hub.records.enums import ConsentStatus, LegalBasis

STATEMENTS_MAX: Final = 1_000
"""Of one customer, the newest; beyond it nobody's consent is told by hand."""

_NO: Final = frozenset({ConsentStatus.DENIED, ConsentStatus.REVOKED})

_STATEMENTS = text(
    """SELECT asked.id AS asked, s.* FROM unnest(CAST(:customers AS uuid[])) AS asked(id)
       CROSS JOIN LATERAL (
         SELECT s.id, s.owner_system, s.owner_id, s.purpose, s.channel, s.status, s.stated_at, s.valid_from,
           s.valid_to, s.ended_at
         FROM customer_identifier i
         JOIN consent_statement s ON s.owner_system = i.system AND s.owner_id = i.external_id
         WHERE i.customer_id = asked.id ORDER BY s.stated_at DESC, s.id LIMIT :most) s"""
)

_MERGES = text(
    """SELECT i.customer_id, a.id, a.at, r.former_id, r.system, r.external_id FROM customer_identifier i
       JOIN steward_act_record r ON r.system = i.system AND r.external_id = i.external_id
       JOIN steward_act a ON a.id = r.act_id AND a.kind = 'MERGE'
       WHERE i.customer_id = ANY(:customers) AND EXISTS (
         SELECT FROM steward_act_record x
         JOIN steward_decision d ON d.system_a = x.system AND d.external_id_a = x.external_id
         WHERE x.act_id = a.id AND d.verdict = 'SAME' AND d.decided_at = a.at)
       UNION ALL
       SELECT i.customer_id, u.id, u.at, u.former_id, u.system, u.external_id FROM customer_identifier i
       JOIN likeness_union u ON u.system = i.system AND u.external_id = i.external_id
       WHERE i.customer_id = ANY(:customers) ORDER BY 3, 2"""
)


@dataclass(frozen=True, slots=True)
class Consents:
    """All that is known of one customer's consent."""

    statements: Sequence[Statement]
    merges: Sequence[Merged]

    def decide(self, purpose: str, channel: str | None, at: datetime) -> Decided:
        """What counts for this purpose and channel at this moment."""
        return decide_consent(self.statements, self.merges, purpose, channel, at)

    def permit(self, purpose: str, channel: str | None, basis: LegalBasis, at: datetime) -> bool:
        """Under CONSENT only what was granted; under another basis everything but a no."""
        status = self.decide(purpose, channel, at).status
        return status is ConsentStatus.GRANTED if basis is LegalBasis.CONSENT else status not in _NO


async def consents_of(connection: AsyncConnection, customers: Sequence[UUID]) -> Mapping[UUID, Consents]:
    """Per customer his statements and the merges in which he came to be who he is."""
    statements: dict[UUID, list[Statement]] = {customer: [] for customer in customers}
    for row in await connection.execute(_STATEMENTS, {"customers": list(statements), "most": STATEMENTS_MAX}):
        statements[row.asked].append(
            Statement(
                row.id,
                Node(row.owner_system, row.owner_id),
                row.purpose,
                row.channel,
                ConsentStatus(row.status),
                row.stated_at,
                row.valid_from,
                row.valid_to,
                row.ended_at,
            )
        )
    merges = await _merges(connection, list(statements))
    return {customer: Consents(told, merges.get(customer, ())) for customer, told in statements.items()}


async def _merges(connection: AsyncConnection, customers: Sequence[UUID]) -> Mapping[UUID, Sequence[Merged]]:
    """Merges, by a steward or by likeness, that stand and have at least two sides in the customer.

    A steward's stands while his word on a pair of them bears its time, as an undoing writes another one over it.
    Whoever came along is a side as well.
    """
    sides: dict[tuple[UUID, UUID, datetime], dict[UUID, set[Node]]] = defaultdict(lambda: defaultdict(set))
    for row in await connection.execute(_MERGES, {"customers": list(customers)}):
        sides[row.customer_id, row.id, row.at][row.former_id].add(Node(row.system, row.external_id))
    found: dict[UUID, list[Merged]] = defaultdict(list)
    for (customer, _, at), of_former in sides.items():
        if len(of_former) > 1:
            found[customer].append(Merged(at, tuple(frozenset(nodes) for nodes in of_former.values())))
    return found
