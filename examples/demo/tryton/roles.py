"""The templates there are: an empty company, the three roles of the demo, and plain parties for tests."""

from datetime import date

from examples.demo.tryton.rpc import TrytonRpc
from examples.demo.tryton.seed.cm import fill_cm
from examples.demo.tryton.seed.company import fill_base
from examples.demo.tryton.seed.crm import fill_crm
from examples.demo.tryton.seed.lms import fill_lms
from examples.demo.tryton.seed.parties import create_parties
from examples.demo.tryton.templates import Template

EMPTY = Template("empty", "Creating the company and its catalogue", fill_base)
CRM = Template("crm", "Seeding the CRM with customers and orders", lambda rpc: fill_crm(rpc, date.today()), EMPTY)
LMS = Template("lms", "Seeding the LMS with leads", lambda rpc: fill_lms(rpc, date.today()), EMPTY)
CM = Template("cm", "Seeding the CM with a campaign", fill_cm, EMPTY)

DEMO = {"crm": CRM, "lms": LMS, "cm": CM}


def plain_parties(amount: int) -> Template:
    """`amount` parties on top of EMPTY, at about 100 a second; see seed/parties.py."""

    def fill(rpc: TrytonRpc) -> None:
        create_parties(rpc, amount)

    return Template(f"parties_{amount}", f"Creating {amount} parties in Tryton", fill, EMPTY)
