"""The CM: a segment, a campaign that automation runs for it, and a mailing list."""

import json
from collections.abc import Sequence
from datetime import timedelta

from examples.demo.tryton.rpc import Row, TrytonRpc, create_children
from examples.demo.tryton.seed import story
from examples.demo.tryton.seed.parties import PartyRows, email, mobile
from examples.demo.tryton.seed.people import Person
from examples.demo.tryton.seed.population import IN_CM, PROSPECTS_IN_CM, population

CAMPAIGN = "Glasvezel najaar"
SEGMENT = "Nog geen glasvezel"
MAILING_LIST = "Nieuwsbrief Waterlelie"
TRIGGER, PROCESS = "marketing.automation.scenario|trigger", "marketing.automation.record.activity|process"


def fill_cm(rpc: TrytonRpc) -> None:
    """On top of the base: Sanne and 130 others, 90 of them in the campaign, most on the mailing list."""
    everybody = population()
    acquainted = [customer.person for customer in everybody.customers[IN_CM]]
    acquainted += everybody.prospects[PROSPECTS_IN_CM]
    parties = _parties(rpc, acquainted, everybody.readers)
    _run_campaign(rpc, parties[:90])
    _subscribe(rpc, [person.email for person in (*acquainted[::2], *everybody.readers)])


def _parties(rpc: TrytonRpc, acquainted: Sequence[Person], readers: Sequence[Person]) -> list[int]:
    rows = PartyRows(rpc)
    made = [rows.party(story.CM_NAME, "nl", (mobile(story.CM_PHONE),))]
    for index, person in enumerate(acquainted):
        telephone, address = mobile(person.mobile_written(index + 2)), email(person.email)
        contacts = ((address,), (telephone,), (address, telephone))[index % 3]
        made.append(rows.party(person.name_elsewhere(index + 1), person.language, contacts))
    made += [rows.party(person.name, person.language, (email(person.email),)) for person in readers]
    return rpc.create("party.party", made)


def _run_campaign(rpc: TrytonRpc, parties: Sequence[int]) -> None:
    """The mails go to a port that nobody listens on; Tryton takes them for sent all the same."""
    rpc.create("marketing.campaign", [{"name": CAMPAIGN}])
    rpc.create("marketing.medium", [{"name": "E-mail"}])
    rpc.create("marketing.source", [{"name": MAILING_LIST}])
    (segment,) = rpc.create("party.category", [{"name": SEGMENT}])
    rpc.write("party.party", parties, {"categories": [["add", [segment]]]})
    scenario = rpc.create(
        "marketing.automation.scenario",
        [
            {
                "name": CAMPAIGN,
                "model": "party.party",
                "domain": json.dumps([["categories", "=", segment]]),
                "unsubscribable": True,
                "activities": create_children(_offer()),
            }
        ],
    )
    rpc.press("marketing.automation.scenario", "run", scenario)
    for method in (TRIGGER, PROCESS):
        rpc.call("ir.cron.run_once", [rpc.id_of("ir.cron", [["method", "=", method]])])
    _react(rpc)


def _offer() -> Row:
    reminder: Row = {
        "name": "Nabellen zonder reactie",
        "event": "email_opened",
        "negative": True,
        "delay": timedelta(days=3),
    }
    return {
        "name": "Aanbod per e-mail",
        "action": "send_email",
        "email_title": "Glasvezel in uw straat",
        "email_template": "<html><body><p>Beste ${record.name}, glasvezel nu met 15% korting.</p></body></html>",
        "children": create_children(reminder),
    }


def _react(rpc: TrytonRpc) -> None:
    """Half open the mail, a third of those click; two want no more of it."""
    mailed = rpc.search("marketing.automation.record.activity", [["state", "=", "done"]])
    opened = mailed[::2]
    clicked = opened[::3]
    rpc.press("marketing.automation.record.activity", "on_email_opened", opened)
    rpc.press("marketing.automation.record.activity", "on_email_clicked", clicked)
    members = rpc.search("marketing.automation.record", [])
    rpc.press("marketing.automation.record", "block", members[-2:])


def _subscribe(rpc: TrytonRpc, addresses: Sequence[str]) -> None:
    dutch = rpc.id_of("ir.lang", [["code", "=", "nl"]])
    (mailing_list,) = rpc.create("marketing.email.list", [{"name": MAILING_LIST, "language": dutch}])
    subscribed = rpc.create("marketing.email", [{"email": address, "list_": mailing_list} for address in addresses])
    rpc.write("marketing.email", subscribed[::10], {"active": False})
