"""Who is known where. Only the CRM knows its customers by number; the others met some of them on their own."""

from dataclasses import dataclass
from itertools import islice

from examples.demo.tryton.seed.people import Person, household, people

SEED = 1953
SINGLES = 314
FAMILIES = 6
PROSPECTS = 40  # in the LMS alone, but for a few whom the CM knows too
READERS = 60  # in the CM alone
IN_LMS = slice(0, 30)  # of the customers
IN_CM = slice(15, 75)  # so fifteen people are known in all three
PROSPECTS_IN_CM = slice(0, 10)
FIRST_NUMBER = 100_002  # 100001 is Sanne


@dataclass(frozen=True)
class Customer:
    """A person with his number in the CRM."""

    number: str
    person: Person


@dataclass(frozen=True)
class Population:
    """Everybody but Sanne. The families are customers too and share one e-mail address each."""

    customers: tuple[Customer, ...]
    families: tuple[Customer, ...]
    prospects: tuple[Person, ...]
    readers: tuple[Person, ...]


def population() -> Population:
    """The same one at every call."""
    crowd = people(SEED)
    singles = list(islice(crowd, SINGLES))
    relatives: list[Person] = []
    for head in islice(crowd, FAMILIES):
        relatives += household(head, (head.given, "Iris", "Teun"), crowd)
    numbered = [
        Customer(f"WL-{number}", person) for number, person in enumerate((*singles, *relatives), start=FIRST_NUMBER)
    ]
    return Population(
        customers=tuple(numbered[:SINGLES]),
        families=tuple(numbered[SINGLES:]),
        prospects=tuple(islice(crowd, PROSPECTS)),
        readers=tuple(islice(crowd, READERS)),
    )
