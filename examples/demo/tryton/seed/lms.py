"""The LMS: leads with their own idea of who they belong to, in every state a lead can reach."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import cast

from examples.demo.tryton.rpc import Row, TrytonRpc, Value, create_children
from examples.demo.tryton.seed import story
from examples.demo.tryton.seed.company import Product, products
from examples.demo.tryton.seed.parties import PartyRows, email, mobile
from examples.demo.tryton.seed.people import Person
from examples.demo.tryton.seed.population import IN_LMS, SEED, population

LEADS = 96
LOST_REASONS = ("Te duur", "Blijft bij huidige aanbieder", "Geen glasvezel in de straat", "Niet bereikbaar")
# State to reach and how many of LEADS; "won" follows from a confirmed sale.
STATES = (
    ("lead", 26),
    ("opportunity", 22),
    ("converted", 14),
    ("won", 14),
    ("lost", 12),
    ("cancelled", 8),
)


def fill_lms(rpc: TrytonRpc, today: date) -> None:
    """On top of the base: Sanne, 30 customers and 40 strangers with LEADS leads, and Sanne's own."""
    parties = _parties(rpc)
    leads = _leads(rpc, parties, today)
    start = 0
    for state, amount in STATES:
        _bring_to(rpc, state, leads[start : start + amount])
        start += amount
    rpc.press("sale.opportunity", "opportunity", leads[-1:])  # Sanne's


def _parties(rpc: TrytonRpc) -> list[int]:
    everybody = population()
    rows = PartyRows(rpc)
    sanne = rows.party(story.LMS_NAME, "nl", (mobile(story.LMS_PHONE),))
    known = [
        _known(rows, customer.person, customer.number, index)
        for index, customer in enumerate(everybody.customers[IN_LMS])
    ]
    strangers = [
        rows.party(
            person.name,
            person.language,
            (mobile(person.mobile_written(index)), email(person.email)),
            (rows.address(person.street, person.postal_code, person.city),),
        )
        for index, person in enumerate(everybody.prospects)
    ]
    return rpc.create("party.party", [sanne, *known, *strangers])


def _known(rows: PartyRows, person: Person, number: str, index: int) -> dict[str, Value]:
    """A customer under a slightly other name, recognisable by telephone, by e-mail or by both; some by number too."""
    telephone, address = mobile(person.mobile_written(index + 1)), email(person.email.upper())
    contacts = ((telephone,), (address,), (telephone, address))[index % 3]
    party = rows.party(
        person.name_elsewhere(index),
        person.language,
        contacts,
        (rows.address(person.street, person.postal_code.replace(" ", ""), person.city.upper()),),
    )
    return {**party, "identifiers": create_children({"code": number})} if index % 4 == 0 else party


def _leads(rpc: TrytonRpc, parties: Sequence[int], today: date) -> list[int]:
    chance = random.Random(SEED)
    catalogue = products(rpc)
    euro = rpc.id_of("currency.currency", [["code", "=", "EUR"]])
    company = {"company": rpc.context["company"], "employee": rpc.context["employee"], "currency": euro}
    rows: list[Row] = []
    for number in range(LEADS):
        product = chance.choice(catalogue[:9])
        rows.append({**company, **_lead(chance, product, parties[1 + number % (len(parties) - 1)], today)})
    (offer,) = [product for product in catalogue if product.code == "TVCOMPLEET"]
    sannes: Row = {
        **_lead(chance, offer, parties[0], today),
        "description": story.LEAD_DESCRIPTION,
        "start_date": today,
        "conversion_probability": 0.7,
    }
    return rpc.create("sale.opportunity", [*rows, {**company, **sannes}])


def _lead(chance: random.Random, product: Product, party: int, today: date) -> dict[str, Value]:
    return {
        "party": party,
        "description": f"Interesse in {product.code}",
        "amount": product.price * 12,
        "conversion_probability": chance.choice((0.1, 0.25, 0.5, 0.75, 0.9)),
        "start_date": today - timedelta(days=chance.randint(1, 120)),
    }


def _bring_to(rpc: TrytonRpc, state: str, leads: Sequence[int]) -> None:
    if state == "cancelled":
        rpc.press("sale.opportunity", "cancel", leads)
    if state == "lost":
        reasons = {lead: LOST_REASONS[lead % len(LOST_REASONS)] for lead in leads}
        rpc.press("sale.opportunity", "lost", leads)
        rpc.write_each("sale.opportunity", {lead: {"lost_reason": reason} for lead, reason in reasons.items()})
    if state in ("opportunity", "converted", "won"):
        rpc.press("sale.opportunity", "opportunity", leads)
    if state in ("converted", "won"):
        rpc.press("sale.opportunity", "convert", leads)
    if state == "won":
        _confirm_sales(rpc, leads)


def _confirm_sales(rpc: TrytonRpc, leads: Sequence[int]) -> None:
    """A converted lead has a draft sale; once that is confirmed Tryton calls the lead won.

    Lines at the lead itself would ask for a chart of accounts when it is converted.
    """
    origins = [f"sale.opportunity,{lead}" for lead in leads]
    sales = rpc.search_read("sale.sale", [["origin", "in", origins]], ["party.addresses"])
    fibre = products(rpc)[0].line(quantity=1)
    rpc.write_each("sale.sale", {cast(int, sale["id"]): _delivery(sale, fibre) for sale in sales})
    ids = [cast(int, sale["id"]) for sale in sales]
    rpc.press("sale.sale", "quote", ids)
    rpc.press("sale.sale", "confirm", ids)


def _delivery(sale: dict[str, object], line: Row) -> Row:
    address = cast(dict[str, list[int]], sale["party."])["addresses"][0]
    return {
        "invoice_address": address,
        "shipment_address": address,
        "invoice_method": "manual",
        "shipment_method": "manual",
        "lines": create_children(line),
    }
