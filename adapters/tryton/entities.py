"""Which of Tryton's models hold each entity, and which of their fields the hub reads.

A child model is listed when its rows carry stamps of their own: a change there does not move the parent's stamp, so
each such model is a stream that makes its parents be read again. What changes together with the parent's stamp
(categories, the language row) is only nested. Fields that Tryton computes record by record (`lang`, `street`) halve
the speed of a page; the stored fields beneath them are read instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from adapters.tryton.wire import WireValue
from hub.errors import Invalid
from hub.records.identity import Entity

STAMP = "last_modified_at"


@dataclass(frozen=True, slots=True)
class ChildModel:
    """`key` is the body's word for the list, `owner` the child's field that names the parent.

    `nested` says that the parent model has a field `key` to read them through, in the same transaction. Of the dates
    in `last_days` the body gets NAME_after too, the first day on which it holds no longer. A view of Tryton's is not
    `stamped`: it says that everything in it was modified just now, so what its rows hold is compared by the sweep, and
    no page tells that they changed.
    """

    key: str
    model: str
    owner: str
    fields: tuple[str, ...]
    nested: bool = True
    last_days: tuple[str, ...] = ()
    stamped: bool = True

    @property
    def compared(self) -> tuple[str, ...]:
        """The fields by which a sweep knows whether a row is as it was."""
        return (STAMP,) if self.stamped else self.fields


@dataclass(frozen=True, slots=True)
class EntityModel:
    """`domain` chooses the parents that are this entity; one that leaves it is gone for the hub.

    `shares` are fields that Tryton keeps as a share of one and shows as a percentage; the body gets NAME_percent too.
    """

    model: str
    fields: tuple[str, ...]
    children: tuple[ChildModel, ...] = ()
    domain: tuple[WireValue, ...] = ()
    shares: tuple[str, ...] = ()

    @property
    def all_fields(self) -> tuple[str, ...]:
        """The fields of the parent and its nested children, as one `search_read` takes them."""
        nested = (child for child in self.children if child.nested)
        below = (f"{child.key}.{name}" for child in nested for name in (*child.fields, *child.compared))
        return (*self.fields, "create_date", STAMP, *dict.fromkeys(below))

    @property
    def streams(self) -> tuple[str, ...]:
        """The models whose rows tell by a stamp that they changed, the parents' first."""
        return (self.model, *(child.model for child in self.children if child.stamped))


_CUSTOMER = EntityModel(
    model="party.party",
    fields=("code", "name", "active", "replaced_by", "langs.lang.code", "categories.name", "categories.parent.name"),
    children=(
        ChildModel(
            key="addresses",
            model="party.address",
            owner="party",
            fields=(
                "party_name", "street_unstructured", "street_name", "building_number", "unit_number",
                "postal_code", "city", "subdivision.name", "country.code", "active",
            ),
        ),
        ChildModel(
            key="contact_mechanisms",
            model="party.contact_mechanism",
            owner="party",
            fields=("type", "value", "name", "sequence", "active"),
        ),
        ChildModel(key="identifiers", model="party.identifier", owner="party", fields=("type", "code")),
    ),
)  # fmt: skip

# Of the module party_relationship, which not every Tryton has: each relation once from either end, under the name that
# its type has from there. A type without a reverse shows it from one end only.
_RELATIONS = ChildModel(
    key="relations",
    model="party.relation.all",
    owner="from_",
    fields=("type.name", "to", "start_date", "end_date"),
    last_days=("end_date",),
    stamped=False,
)
_RELATED_CUSTOMER = replace(_CUSTOMER, children=(*_CUSTOMER.children, _RELATIONS))

_SALE_FIELDS = (
    "number", "reference", "description", "state", "invoice_state", "shipment_state", "party", "currency.code",
    "sale_date", "quotation_date", "quotation_expire", "untaxed_amount", "total_amount",
)  # fmt: skip

_SALES_ORDER = EntityModel(
    model="sale.sale",
    fields=_SALE_FIELDS,
    children=(
        ChildModel(
            key="lines",
            model="sale.line",
            owner="sale",
            fields=("type", "sequence", "product.rec_name", "description", "quantity", "unit_price", "amount"),
        ),
    ),
    # A sale that is put back to draft leaves the domain: no page can tell that, the sweep does.
    domain=(("state", "in", ("confirmed", "processing", "done", "cancelled")),),
)

_BUSINESS_REQUEST = EntityModel(model="sale.sale", fields=_SALE_FIELDS)

_SALES_LEAD = EntityModel(
    model="sale.opportunity",
    fields=(
        "number", "reference", "description", "state", "party", "amount", "currency.code", "conversion_probability",
        "start_date", "end_date", "lost_reason", "employee.rec_name",
    ),
    children=(
        ChildModel(
            key="lines",
            model="sale.opportunity.line",
            owner="opportunity",
            fields=("sequence", "product.rec_name", "description", "quantity"),
        ),
    ),
    shares=("conversion_probability",),
)  # fmt: skip

_CAMPAIGN_MEMBERSHIP = EntityModel(
    model="marketing.automation.record",
    # `record` may be a party or a sale; `marketing_party` is the party of either.
    fields=("scenario.name", "scenario.state", "record.marketing_party", "blocked"),
    children=(
        ChildModel(
            key="activities",
            model="marketing.automation.record.activity",
            owner="record",
            fields=("activity.name", "at", "state", "email_opened", "email_clicked"),
            # The record has no such field, so these take a call of their own. Nothing is torn by that: Tryton changes a
            # record and its activities in one transaction only when it creates them, unseen until both are there.
            nested=False,
        ),
    ),
)

# The hub's own objects, which it writes (notes.py) and never pulls.
_NOTE = EntityModel(model="ir.note", fields=("message", "resource"))
# What marketing automation calls a scenario is what customers meet; `marketing.campaign` is a bare name for reports.
_CAMPAIGN = EntityModel(model="marketing.automation.scenario", fields=("name", "state"))

ENTITIES: Mapping[Entity, EntityModel] = {
    Entity.CUSTOMER: _CUSTOMER,
    Entity.SALES_ORDER: _SALES_ORDER,
    Entity.BUSINESS_REQUEST: _BUSINESS_REQUEST,
    Entity.SALES_LEAD: _SALES_LEAD,
    Entity.CAMPAIGN_MEMBERSHIP: _CAMPAIGN_MEMBERSHIP,
    Entity.CONTACT: _NOTE,
    Entity.WRAP_UP: _NOTE,
    Entity.LEAD_RESPONSE: _NOTE,
    Entity.CONTACT_EVENT: _NOTE,
    Entity.CAMPAIGN: _CAMPAIGN,
}


def model_of(entity: Entity, *, relations: bool = False) -> EntityModel:
    """Raises Invalid for an entity that Tryton does not hold. With `relations` customers are read with theirs."""
    if entity not in ENTITIES:
        raise Invalid(f"Tryton holds no {entity.value}")
    if relations and entity is Entity.CUSTOMER:
        return _RELATED_CUSTOMER
    return ENTITIES[entity]
