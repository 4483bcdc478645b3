"""Parties as Tryton takes them, and many plain ones for tests."""

from collections.abc import Iterable
from itertools import islice

from examples.demo.tryton.rpc import Row, TrytonRpc, Value, create_children
from examples.demo.tryton.seed.people import people

PLAIN_SEED = 4242
LANGUAGES = ("nl", "en", "de")


class PartyRows:
    """Rows for `party.party.create`, with this database's ids of the country and the languages."""

    def __init__(self, rpc: TrytonRpc) -> None:
        self._country = rpc.id_of("country.country", [["code", "=", "NL"]])
        self._languages = {code: rpc.id_of("ir.lang", [["code", "=", code]]) for code in LANGUAGES}

    def party(
        self, name: str, language: str, contacts: Iterable[Row], addresses: Iterable[Row] = ()
    ) -> dict[str, Value]:
        """Tryton numbers it itself unless a `code` is added."""
        return {
            "name": name,
            "lang": self._languages[language],
            "contact_mechanisms": create_children(*contacts),
            "addresses": create_children(*addresses),
        }

    def address(self, street: str, postal_code: str, city: str) -> Row:
        """A Dutch address for invoices and deliveries."""
        place: Row = {"street": street, "postal_code": postal_code, "city": city, "country": self._country}
        return {**place, "invoice": True, "delivery": True}


def mobile(number: str) -> Row:
    """A contact mechanism, in the notation given."""
    return {"type": "mobile", "value": number}


def phone(number: str) -> Row:
    """A contact mechanism, in the notation given."""
    return {"type": "phone", "value": number}


def email(address: str) -> Row:
    """A contact mechanism."""
    return {"type": "email", "value": address}


def create_parties(rpc: TrytonRpc, amount: int) -> list[int]:
    """That many different people with an address, a mobile number and an e-mail address; about 100 a second.

    Their codes are P-1, P-2, ... in the order of the ids.
    """
    rows = PartyRows(rpc)
    return rpc.create(
        "party.party",
        [
            {
                **rows.party(
                    person.name,
                    person.language,
                    (mobile(person.mobile_written(number)), email(person.email)),
                    (rows.address(person.street, person.postal_code, person.city),),
                ),
                "code": f"P-{number}",
            }
            for number, person in enumerate(islice(people(PLAIN_SEED), amount), start=1)
        ],
    )
