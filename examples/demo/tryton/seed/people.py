"""Made-up people: the same ones for the same seed, with telephone numbers and e-mail addresses of their own."""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from examples.demo.tryton.seed.places import PLACES, POSTAL_LETTERS, STREETS

GIVEN = (
    *("Jan", "Piet", "Anna", "Maria", "Kees", "Willem", "Johanna", "Hendrik", "Sofie", "Emma", "Lucas", "Daan"),
    *("Tess", "Lotte", "Bram", "Sem", "Julia", "Noor", "Fatima", "Mohammed", "Youssef", "Aylin", "Chantal", "Ruud"),
    *("Ingrid", "Marloes", "Joost", "Wouter", "Femke", "Sjoerd", "Renée", "Thijs", "Anouk", "Gerrit", "Zoë", "Karel"),
)
FAMILY = (
    *("de Vries", "Jansen", "van den Berg", "Bakker", "van Dijk", "Visser", "Smit", "Meijer", "de Boer", "Mulder"),
    *("de Groot", "Bos", "Vos", "Peters", "Hendriks", "van Leeuwen", "Dekker", "Brouwer", "de Wit", "Dijkstra"),
    *("Smits", "de Graaf", "van der Meer", "van der Linden", "Kok", "Jacobs", "de Haan", "Vermeulen", "van den Heuvel"),
    *("van der Veen", "van den Broek", "de Bruijn", "Schouten", "van Beek", "Willems", "van Vliet", "Hoekstra"),
    *("Koster", "Prins", "Huisman", "Kuipers", "van 't Hof", "ter Haar", "ten Brink", "op den Kamp", "El Amrani"),
    *("Yilmaz", "Öztürk", "Nguyen", "Wiśniewski"),
)
MAIL_DOMAINS = ("example.com", "example.org", "example.net", "kpost.example", "thuis.example")
LANGUAGES = ("nl",) * 17 + ("en", "en", "de")
MOBILE_NOTATIONS = ("06-{0}", "06 {1} {2} {3} {4}", "+31 6 {0}", "+316{0}", "0031 6 {0}", "06{0}")
FIXED_NOTATIONS = ("{0}-{1}", "({0}) {1}", "+31 {2} {1}", "{0} {1}")


@dataclass(frozen=True)
class Person:
    """One human being; `mobile` holds the eight digits after 06, `fixed` is written as this person writes it."""

    given: str
    family: str
    email: str
    mobile: str
    fixed: str
    street: str
    postal_code: str
    city: str
    language: str

    @property
    def name(self) -> str:
        """As on the door: Jan de Vries."""
        return f"{self.given} {self.family}"

    def mobile_written(self, notation: int) -> str:
        """One of several ways to write the number; any integer chooses one."""
        pairs = [self.mobile[start : start + 2] for start in range(0, 8, 2)]
        return MOBILE_NOTATIONS[notation % len(MOBILE_NOTATIONS)].format(self.mobile, *pairs)

    def name_elsewhere(self, variant: int) -> str:
        """As another system has it: with an initial, upside down, in capitals, or with one initial more."""
        forms = (
            f"{self.given[0]}. {self.family}",
            f"{self.family}, {self.given}",
            self.name.upper(),
            f"{self.given} {'ABEJMPW'[variant % 7]}. {self.family}",
        )
        return forms[variant % len(forms)]


def people(seed: int) -> Iterator[Person]:
    """Without end; no two share a telephone number or an e-mail address."""
    chance = random.Random(seed)
    taken: set[str] = set()
    for number in count():
        given, family, place = chance.choice(GIVEN), chance.choice(FAMILY), chance.choice(PLACES)
        local = f"{_plain(given)}.{_plain(family)}"
        domain = chance.choice(MAIL_DOMAINS)
        if f"{local}@{domain}" in taken:
            local = f"{local}{number}"
        taken.add(f"{local}@{domain}")
        # No exchange gives out a land line that begins with 1. Sanne's mobile number lies outside this range.
        line = f"1{(number * 7919 + seed) % 1_000_000:06d}"
        yield Person(
            given=given,
            family=family,
            email=f"{local}@{domain}",
            mobile=f"1{seed % 2}{(number * 7349 + 11) % 340_000:06d}",
            fixed=chance.choice(FIXED_NOTATIONS).format(place.dialling_code, line, place.dialling_code[1:]),
            street=f"{chance.choice(STREETS)} {chance.randint(1, 240)}{chance.choice(('', '', '', 'a', 'b', '-2'))}",
            postal_code=f"{place.postal_prefix}{chance.randint(11, 89)} {''.join(chance.choices(POSTAL_LETTERS, k=2))}",
            city=place.city,
            language=chance.choice(LANGUAGES),
        )


def household(first: Person, given_names: tuple[str, ...], mobiles: Iterator[Person]) -> list[Person]:
    """A family at one address with one e-mail address, each with a telephone of his own."""
    shared = f"familie.{_plain(first.family)}@example.org"
    return [
        replace(first, given=given, email=shared, mobile=next(mobiles).mobile, language="nl") for given in given_names
    ]


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in letters if "a" <= letter <= "z")
