"""What waits on the desks of stewards and operators, written beside the small company."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.conflict_tables import FieldConflict
from hub.customers.privacy_tables import PrivacyReceipt, PrivacyRequest
from hub.customers.steward_tables import StewardAct, StewardActRecord, StewardReceipt
from hub.exchange.tables import InboxEvent, OutboundCommand
from hub.flows.tables import ContractDrift, Quarantine
from hub.leads.tables import LeadCounterpart
from hub.outbound.tables import LeadDelivery, PrintRun
from hub.privacy.requests import subject_of
from hub.store.tables import SubjectKey
from hub.work.tables import Dispatch
from tests.flows.building import RULES
from tests.schema.company import NOW, add, uid
from tests.schema.contact_life import ANNA, BEN, EARLIER

STATES: Final = ("DONE", "REFUSED", "PENDING", "DEAD", "CANCELLED")


async def add_desk(connection: AsyncConnection) -> None:
    """Conflicts, merges and splits, receipts of leads, requests of people, quarantine, stuck work, runs of letters."""
    await _add_commands(connection)
    await _add_conflicts(connection)
    await _add_acts(connection)
    await _add_lead_receipts(connection)
    await _add_requests(connection)
    await _add_quarantine(connection)
    await _add_work(connection)
    await _add_runs(connection)


async def _command(connection: AsyncConnection, name: str, state: str, **values: Any) -> None:
    command = {
        "id": uid(name),
        "key": name,
        "flow": "crm-customers",
        "target": "crm",
        "entity": "customer",
        "operation": "UPDATE",
        "object_id": name,
        "line": name,
        "changes": [],
        "from_version": 1,
        "version": 1,
        "state": state,
        "wanted_from": EARLIER,
        "created_at": EARLIER,
    }
    await add(connection, OutboundCommand, **command | values)


async def _add_commands(connection: AsyncConnection) -> None:
    for state in STATES:
        refusal = {"outcome_code": "NO_CONSENT"} if state == "PENDING" else {}
        await _command(connection, f"command {state}", state, **refusal)
        await _command(connection, f"merged {state}", "MERGED", carried_by=uid(f"command {state}"))
    await _command(connection, "merged alone", "MERGED")


async def _add_conflicts(connection: AsyncConnection) -> None:
    said = [
        ["crm", "crm-anna", 'de "Vries"', "2026-03-01T10:00:00.120000+00:00"],
        ["lms", "lms-anna", "x", "2026-03-01T11:00:00+01:00"],
    ]
    whose = (
        (ANNA, "family_name", "OPEN"),
        (BEN, "name", "FROZEN"),
        (ANNA, "birth_date", "CLOSED"),
        ("gone", "name", "OPEN"),
    )
    for n, (name, field, state) in enumerate(whose):
        conflict = {"id": uid(f"conflict {n}"), "customer_id": uid(name), "field": field, "state": state}
        open_ = state != "CLOSED"
        values = {"contested": bool(n % 2), "base": "é" if n else None, "kept": None if n else "Vries"}
        decided = {"decided": "keep", "decided_by": "stew", "decided_at": NOW} if state == "FROZEN" else {}
        sides = {"sides": said if open_ else [], "turns": [*said, [*said[0], True]] if n % 2 else []}
        times = {"opened_at": EARLIER + timedelta(hours=n // 2), "closed_at": None if open_ else NOW}
        await add(connection, FieldConflict, **conflict, **values, **decided, **sides, **times)


async def _add_acts(connection: AsyncConnection) -> None:
    records = (
        (("crm", "crm-anna"), ("lms", "lms-anna")),
        (("lms", "lms-anna"), ("crm", "crm-ben")),
        (("crm", "crm-cor"),),
    )
    for n, about in enumerate(records):
        act = {"id": uid(f"act {n}"), "kind": "SPLIT" if n else "MERGE", "customer_id": uid(ANNA)}
        at = EARLIER + timedelta(hours=n // 2)
        await add(connection, StewardAct, **act, principal="stew", reason='"twins"' if n else None, at=at)
        for system, external_id in about:
            record = {"act_id": act["id"], "system": system, "external_id": external_id}
            await add(connection, StewardActRecord, **record, former_id=uid(BEN), later_id=uid(ANNA))
        effects = (
            ("crm", "HOLDS_DUPLICATES", ["crm-anna", "crm-ben"], []),
            ("lms", "HOLDS_DUPLICATES", ["lms-anna", "nobody"], []),
            ("cm", "UNTOUCHED", [], []),
            *((f"x{state}", "CONSENT_TRAVELS", ["1"], [uid(f"command {state}")]) for state in STATES),
            *((f"y{state}", "CONSENT_TRAVELS", ["1"], [uid(f"merged {state}")]) for state in STATES),
        )
        both = ("xDONE", "VALUES_TRAVEL", ["1", "2"], [uid("command DONE"), uid("command PENDING")])
        for system, effect, those, commands in (both, *effects) if n < 2 else ():
            receipt = {"system": system, "effect": effect, "records": those, "command_ids": commands}
            await add(connection, StewardReceipt, act_id=act["id"], **receipt)


async def _add_lead_receipts(connection: AsyncConnection) -> None:
    told = {"entity": "sales_lead", "external_id": f"{ANNA} lead 1"}
    await _command(connection, "lead then", "DONE", **told, version=1, finished_at=EARLIER)
    wrong = {"outcome_code": "INVALID", "outcome_message": 'no "rating"'}
    await _command(connection, "lead net", "REFUSED", external_id="other", **wrong, finished_at=NOW)
    await _command(connection, "lead now", "MERGED", **told, version=2, carried_by=uid("lead net"))
    await _command(connection, "lead elsewhere", "DONE", **told, target="lms", version=3)
    for n, name in enumerate((ANNA, BEN)):
        lead = {"lead_id": uid(f"{ANNA} lead {n + 1}"), "external_id": f"{name} there"}
        await add(connection, LeadCounterpart, **lead, system="crm", told={}, told_at=NOW)


async def _add_requests(connection: AsyncConnection) -> None:
    counts = {"Z": 1, "address": 20, "é": 3, "customer": 0}
    for n, kind in enumerate(("ERASURE", "EXPORT", "RECTIFICATION")):
        asked = {"id": uid(f"privacy {n}"), "kind": kind, "subject": subject_of(RULES.keys, uid(BEN if n else ANNA))}
        said = {"principal": "stew", "reason": None if n else "letter", "at": EARLIER + timedelta(hours=n // 2)}
        await add(
            connection, PrivacyRequest, **asked, **said, counts=counts if n < 2 else {}, retained={} if n else counts
        )
    commands = [*(f"command {state}" for state in STATES), *(f"merged {state}" for state in STATES), "merged alone"]
    for n, name in enumerate(commands):
        receipt = {"request_id": uid(f"privacy {n % 2}"), "system": f"s{n // 3}", "external_id": str(n)}
        await add(connection, PrivacyReceipt, **receipt, command_id=uid(name))
    settled = {"settled_by": "stew", "settled_at": NOW}
    by_hand: tuple[dict[str, Any], ...] = ({}, settled, settled | {"refusal": "the law"})
    for n, settlement in enumerate(by_hand):
        receipt = {"request_id": uid("privacy 0"), "system": f"hand{n}", "external_id": str(n)}
        await add(connection, PrivacyReceipt, **receipt, command_id=None, **settlement)


async def _add_quarantine(connection: AsyncConnection) -> None:
    key = {"id": uid("subject key"), "system": "crm", "subject": "x"}
    await add(connection, SubjectKey, **key, created_at=EARLIER)
    states = ("OPEN", "OPEN", "REPLAYED", "DISCARDED", "SUPERSEDED")
    for n, state in enumerate(states):
        digest = {"digest": bytes([n // 2]), "subject_key_id": key["id"], "body": b"" if n else b"x"}
        about = {
            "system": "lms" if n == 1 else "crm",
            "entity": "customer",
            "external_id": None if n == 3 else f"q{n // 2}",
        }
        why = {"code": "INVALID" if n % 2 else "CONTRACT_DRIFT", "path": 'a."b"', "reason": "no value", "state": state}
        times = {"at": EARLIER + timedelta(hours=n // 2), "as_of": EARLIER if n else None}
        settled = {"settled_at": NOW, "settled_by": "stew", "settled_reason": "old"} if n > 1 else {}
        await add(connection, Quarantine, lane_id=1 if n % 2 else 99, **digest, **about, **why, **times, **settled)
    for n, (kind, policy) in enumerate((("CHANGED_TYPE", "FREEZE"), ("NEW_FIELD", "EVOLVE"), ("NEW_FIELD", "EVOLVE"))):
        about = {"system": "lms" if n == 1 else "crm", "entity": "customer", "contract_version": "1", "path": f"p{n}"}
        seen = {"objects": n + 1, "first_seen_at": EARLIER + timedelta(hours=n // 2), "last_seen_at": NOW}
        first = {"external_id": f"q{n}", "digest": bytes([n]), "detail": "é"}
        await add(connection, ContractDrift, **about, kind=kind, policy=policy, **seen, **first)


async def _add_work(connection: AsyncConnection) -> None:
    event = {"system": "crm", "event_id": "e1", "subject_key_id": uid("subject key"), "body": b"x"}
    await add(connection, InboxEvent, **event, received_at=EARLIER)
    about: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("outbound.send", "DEAD", {"command": str(uid("command DEAD"))}),
        ("outbound.send", "UNKNOWN", {"command": str(uid("no command"))}),
        ("inbox.take_in", "PARKED", {"system": "crm", "event": "e1"}),
        ("inbox.take_in", "DEAD", {"system": "lms", "event": "e1"}),
        ("flow.run", "DEAD", {"lane": 1}),
        ("flow.run", "DONE", {"lane": 1}),
    )
    for n, (kind, state, payload) in enumerate(about):
        stands = {"queue": "daily" if n % 2 else "realtime", "line": f"line {n}" if n else None, "ready_at": EARLIER}
        why = {"last_error_code": "REJECTED", "last_error_message": 'no "x"'} if n % 2 else {}
        times = {"created_at": EARLIER + timedelta(hours=n)}
        await add(connection, Dispatch, kind=kind, state=state, payload=payload, attempts=n, **stands, **why, **times)


async def _add_runs(connection: AsyncConnection) -> None:
    for n, (state, letters) in enumerate((("DELIVERED", 3), ("OPEN", None), ("OPEN", None), ("CLOSED", 0))):
        run = {"id": uid(f"print run {n}"), "channel": "letters" if n == 2 else "print", "letters": letters}
        done = {"digest": "ab", "delivered_at": NOW} if n == 0 else {}
        await add(connection, PrintRun, **run, state=state, closes_at=NOW + timedelta(days=n), **done)
    way = {"channel": "print", "kind": "PRINT", "state": "PLANNED", "rank": 1, "expires_at": NOW + timedelta(days=9)}
    made = {"created_at": EARLIER, "changed_at": EARLIER}
    for n in range(2):
        planned = {"lead_id": uid(f"{ANNA} lead {n + 1}"), "step": 7 + n, "planned_for": NOW + timedelta(days=3 * n)}
        await add(connection, LeadDelivery, id=uid(f"letter {n}"), **way, **made, **planned)
