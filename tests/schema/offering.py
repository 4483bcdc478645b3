"""The small company with the catalogue of the tests of offers, and the documents that ask for lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import text

from hub.offers.offering import Offering
from hub.store.engine import Database
from tests.offers.building import catalogue
from tests.schema.company import NOW, gid, uid

OFFERING: Final = Offering(catalogue())
ANNA: Final = gid("Customer", uid("Anna Bakker"))
BEN: Final = gid("Customer", uid("Ben de Vries"))

LIST = """
query($id: ID!, $channel: String!, $session: OfferSession, $limit: Int! = 5) {
  nextBestActions(customerId: $id, channel: $channel, session: $session, limit: $limit) {
    id rank proposition treatment content { title link } factors { propensity context value levers priority }
  }
}
"""
EXPLAIN = """
query($id: ID!, $channel: String!) {
  explainNextBestActions(customerId: $id, channel: $channel) { proposition rank dropped detail }
}
"""
REQUEST = """
mutation($input: RequestNextBestActionsInput!) {
  requestNextBestActions(input: $input) {
    decision {
      id channel source cause catalogue decidedAt
      actions { id rank proposition name group treatment outcome content { title text link } factors { priority } }
    }
    problems { code message path }
  }
}
"""


async def allow_marketing(database: Database) -> None:
    """Everybody in the company granted it, says the CRM."""
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO consent_statement (id, system, external_id, version, owner_system, owner_id, purpose,
                     status, legal_basis, stated_at, observed_at)
                   SELECT gen_random_uuid(), system, external_id, 1, system, external_id, 'marketing', 'GRANTED',
                     'CONSENT', :at, :at
                   FROM customer_identifier WHERE system = 'crm'"""
            ),
            {"at": NOW - timedelta(days=10)},
        )


async def kept(database: Database) -> tuple[int, int, int]:
    """How many decisions, entries and contact events there are."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT (SELECT count(*) FROM decision), (SELECT count(*) FROM next_best_action),
                     (SELECT count(*) FROM contact_event)"""
            )
        )
        decisions, entries, events = rows.one()
    return decisions, entries, events
