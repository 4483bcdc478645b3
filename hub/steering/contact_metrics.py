"""All figures of a period, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.steering.count_contacts import count_contacts
from hub.steering.count_deliveries import count_deliveries
from hub.steering.count_offers import count_commitments, count_offers
from hub.steering.count_requests import count_requests, time_steps
from hub.steering.figures import ContactFigures, Figures, Money, OfferFigures, RequestFigures, Share
from hub.steering.scope import Scope


async def contact_metrics(connection: AsyncConnection, scope: Scope, now: datetime) -> Sequence[Figures]:
    """In order of the group, what belongs to none last; one of everything where nothing is grouped."""
    contacts = await count_contacts(connection, scope, now)
    requests = await count_requests(connection, scope, now)
    steps = await time_steps(connection, scope, now)
    offers = await count_offers(connection, scope, now)
    commitments = await count_commitments(connection, scope, now)
    deliveries = await count_deliveries(connection, scope, now)
    keys: set[str | None] = {*contacts, *requests, *steps, *offers, *commitments, *deliveries}
    if scope.by is None:
        keys.add(None)
    return [
        Figures(
            group=key,
            contacts=_with(contacts.get(key, ContactFigures()), deliveries.get(key)),
            requests=requests.get(key, RequestFigures()),
            steps=steps.get(key, ()),
            offers=offers.get(key, OfferFigures()),
            commitments=commitments.get(key, Share()),
        )
        for key in sorted(keys, key=lambda key: (key is None, key or ""))
    ]


def _with(contacts: ContactFigures, gone_out: Money | None) -> ContactFigures:
    """The money of both: who was written to or called was in contact as well."""
    if gone_out is None:
        return contacts
    told = contacts.money
    money = Money(told.contacts + gone_out.contacts, told.cost + gone_out.cost, told.yielded + gone_out.yielded)
    return replace(contacts, money=money)
