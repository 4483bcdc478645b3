"""The CRM: customers with addresses and telephones, groups, value and households, and the orders of three years."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import cast

from examples.demo.tryton.rpc import Row, TrytonRpc, Value, create_children
from examples.demo.tryton.seed import story
from examples.demo.tryton.seed.company import Product, products
from examples.demo.tryton.seed.parties import PartyRows, email, mobile, phone
from examples.demo.tryton.seed.population import SEED, Customer, population

ORDERS = 430
FAMILY_MEMBERS = 18
DAYS_OF_HISTORY = 3 * 365
# Buttons after creation, and how often of a hundred: Tryton itself goes on from "confirmed" to "processing".
JOURNEYS = (
    (("quote", "confirm"), 60),
    (("quote",), 14),
    ((), 14),
    (("cancel",), 12),
)


def fill_crm(rpc: TrytonRpc, today: date) -> None:
    """On top of the base: 333 customers and ORDERS orders, the last of them placed yesterday.

    Sanne's order of the story is not among them: `story.place_story_order` places it when the demo starts.
    """
    parties = _customers(rpc)
    _groups(rpc, parties)
    _households(rpc, parties)
    _orders(rpc, parties, today)


def _customers(rpc: TrytonRpc) -> list[int]:
    everybody = population()
    rows = PartyRows(rpc)
    sanne = rows.party(
        story.CRM_NAME,
        "nl",
        (mobile(story.CRM_PHONE), email(story.WRONG_EMAIL)),
        (rows.address(story.STREET, story.POSTAL_CODE, story.CITY),),
    )
    customers = (*everybody.customers, *everybody.families)
    made: list[Row] = [{**sanne, "code": story.CUSTOMER_NUMBER}]
    made += [_customer(rows, customer, number) for number, customer in enumerate(customers)]
    return rpc.create("party.party", made)


def _customer(rows: PartyRows, customer: Customer, notation: int) -> dict[str, Value]:
    person = customer.person
    contacts = [mobile(person.mobile_written(notation)), email(person.email)]
    if notation % 3 == 0:
        contacts.append(phone(person.fixed))
    address = rows.address(person.street, person.postal_code, person.city)
    return {**rows.party(person.name, person.language, contacts, (address,)), "code": customer.number}


def _groups(rpc: TrytonRpc, parties: Sequence[int]) -> None:
    names = ("Goud", "Zilver", "Waarde A", "Waarde B")
    gold, silver, most, more = rpc.create("party.category", [{"name": name} for name in names])
    for category, those in (
        (gold, parties[0::9]),
        (silver, parties[1::5]),
        (most, parties[0::9]),
        (more, parties[1::7]),
    ):
        rpc.write("party.party", those, {"categories": [["add", [category]]]})


def _households(rpc: TrytonRpc, parties: Sequence[int]) -> None:
    """Sanne and the customer behind her live together, and so do the families, three by three at the end."""
    (housemate,) = rpc.create("party.relation.type", [{"name": "Huisgenoot"}])
    rpc.write("party.relation.type", [housemate], {"reverse": housemate})
    families = parties[-FAMILY_MEMBERS:]
    homes = [parties[:2], *(families[place : place + 3] for place in range(0, FAMILY_MEMBERS, 3))]
    pairs = [pair for home in homes for pair in combinations(home, 2)]
    rpc.create("party.relation.all", [{"from_": one, "to": other, "type": housemate} for one, other in pairs])


def _orders(rpc: TrytonRpc, parties: Sequence[int], today: date) -> None:
    chance = random.Random(SEED)
    catalogue = products(rpc)
    addresses = {
        cast(int, row["party"]): cast(int, row["id"])
        for row in rpc.search_read("party.address", [["party", "in", parties]], ["party"])
    }
    buyers = [parties[0], *chance.choices(parties[1:], k=ORDERS - 1)]
    ages = sorted((chance.randint(1, DAYS_OF_HISTORY) for _ in buyers), reverse=True)
    rows = [
        _order(chance, catalogue, buyer, addresses[buyer], today - timedelta(days=age), number)
        for number, (buyer, age) in enumerate(zip(buyers, ages, strict=True), start=1)
    ]
    sales = rpc.create("sale.sale", rows)
    buttons = chance.choices([way for way, _ in JOURNEYS], [share for _, share in JOURNEYS], k=len(sales))
    buttons[0] = ("quote", "confirm")  # Sanne has been a customer for years
    for journey, _ in JOURNEYS:
        chosen = [sale for sale, way in zip(sales, buttons, strict=True) if way == journey]
        for button in journey:
            rpc.press("sale.sale", button, chosen)


def _order(
    chance: random.Random, catalogue: Sequence[Product], buyer: int, address: int, placed: date, number: int
) -> Row:
    chosen = chance.sample(catalogue, k=chance.choice((1, 1, 2, 3)))
    channel = chance.choice(("WEB", "WEB", "TEL", "WINKEL"))
    return {
        "party": buyer,
        "reference": f"{channel}-{placed.year}-{number:05d}",
        "sale_date": placed,
        "invoice_address": address,
        "shipment_address": address,
        "invoice_method": "manual",  # no chart of accounts, no stock: the back office is another system
        "shipment_method": "manual",
        "lines": create_children(*(product.line(chance.choice((1, 1, 1, 2))) for product in chosen)),
    }
