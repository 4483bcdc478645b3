"""Which rows of which table are about a person: the one list that a copy is made from and an erasure is checked by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from sqlalchemy import Table

from hub.contacts import session_tables
from hub.contacts import tables as contacts
from hub.customers import belongings, conflict_tables, consent_tables, steward_tables
from hub.customers import tables as customers
from hub.exchange import call_tables
from hub.flows import tables as flows
from hub.leads import tables as leads
from hub.offers import tables as offers
from hub.outbound import tables as outbound
from hub.store.metadata import METADATA

ROOMS: Final = (
    *(belongings, call_tables, conflict_tables, consent_tables, contacts, customers, flows, leads, offers, outbound),
    *(session_tables, steward_tables),
)
"""Imported so that METADATA has their tables."""

_NODE: Final = "(SELECT * FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])))"
_THING: Final = "(SELECT * FROM unnest(CAST(:os AS text[]), CAST(:oe AS text[]), CAST(:oi AS text[])))"

_TOLD: Final = f"t.line = ANY(:lines) OR (t.target, t.entity, t.external_id) IN {_THING}"
_NAMED_HERE: Final = """(SELECT c.target, c.entity, c.external_id FROM outbound_command c
  WHERE c.external_id IS NOT NULL AND c.line = ANY(:lines))"""

_TWIN: Final = f"""EXISTS (SELECT FROM lane l JOIN information_flow f ON f.name = l.flow
  WHERE l.id = t.lane_id AND (f.source, f.entity, t.external_id) IN {_THING})"""

ELSEWISE: Final[Mapping[str, str]] = {
    "customer": "t.id = ANY(:ids)",
    "customer_alias": "t.current_id = ANY(:ids)",
    "consent_statement": f"(t.owner_system, t.owner_id) IN {_NODE}",
    "correction": f"(t.system, t.entity, t.external_id) IN {_THING}",
    "customer_pin": f"(t.system, t.external_id) IN {_NODE}",
    "outbound_command": _TOLD,
    "quarantine": f"(t.system, t.entity, t.external_id) IN {_THING} OR t.subject_key_id = ANY(:keys)",
    "shadow_command": _TOLD,
    "shadow_record": _TWIN,
    "shadow_version": _TWIN,
    "source_identifier": f"(t.system, t.external_id) IN {_NODE}",
    "source_record": f"(t.system, t.entity, t.external_id) IN {_THING}",
    "steward_decision": f"(t.system_a, t.external_id_a) IN {_NODE} OR (t.system_b, t.external_id_b) IN {_NODE}",
    "target_image": " OR ".join(f"(t.target, t.entity, t.external_id) IN {those}" for those in (_NAMED_HERE, _THING)),
}
"""Tables that name a person otherwise than by `customer_id`: a condition on `t`, bound by `hub.privacy.whose`."""


@cache
def conditions() -> Mapping[str, str]:
    """By table, the condition on its row `t` that is true of a person's: by `customer_id`, else by what it hangs on."""
    return dict(_conditions())


def _conditions() -> Iterator[tuple[str, str]]:
    known: dict[str, str] = {}
    for table in METADATA.sorted_tables:
        name = str(table.name)
        if name in ELSEWISE:
            known[name] = ELSEWISE[name]
        elif "customer_id" in table.columns:
            hangs = " OR ".join(_hanging(table, known))
            more = f" OR (t.customer_id IS NULL AND ({hangs}))" if hangs else ""
            known[name] = f"t.customer_id = ANY(:ids){more}"
        elif hanging := list(_hanging(table, known)):
            known[name] = " OR ".join(hanging)
        else:
            continue
        yield name, known[name]


def _hanging(table: Table, known: Mapping[str, str]) -> Iterator[str]:
    """Conditions by the table's foreign keys of one column to tables of persons."""
    for key in table.foreign_key_constraints:
        parent, (element, *others) = key.referred_table, key.elements
        if not others and parent.name in known and parent.name != table.name:
            column, at = element.parent.name, element.column.name
            yield f"t.{column} IN (SELECT t.{at} FROM {parent.name} t WHERE {known[parent.name]})"  # noqa: S608  names
