"""What `hub check` tells about one Tryton: connection, login, the rights on each model, the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adapters.tryton.entities import EntityModel
from adapters.tryton.session import Session
from hub.errors import HubError, Rejected, Transient, Unauthorised
from hub.ports.pages import CheckResult
from hub.records.identity import Entity
from hub.records.source import JsonObject, JsonValue

_WRITTEN = frozenset(
    {"party.party", "party.address", "party.contact_mechanism", "party.identifier", "ir.note", "sale.opportunity"}
)
"""What the hub makes and changes there; a button asks for the right to write its model."""


async def check_access(session: Session, entities: Sequence[Entity]) -> Sequence[CheckResult]:
    """Raises nothing; a login that fails is tried once, since five failures lock the user out."""
    try:
        await session.log_in()
    except HubError as error:
        return [_login_failed(error)]
    results = [CheckResult("login", ok=True, detail="Tryton accepts the user and password")]
    for entity in entities:
        results.append(await _entity(session, entity, session.model_of(entity)))
    return results


def _login_failed(error: HubError) -> CheckResult:
    match error:
        case Transient():
            hint = "check `url`, and that Tryton is started and serves this database"
        case Unauthorised():
            hint = "check `user` and `password`; after five failures Tryton refuses even the right one for minutes"
        case _:
            hint = "check `url` and `database`"
    return CheckResult("login", ok=False, detail=f"{error.message}: {hint}")


async def _entity(session: Session, entity: Entity, model: EntityModel) -> CheckResult:
    models = [model.model, *(child.model for child in model.children)]
    try:
        access = await session.call("model.ir.model.access.get_access", models)
        await session.search(model.model, model.domain, model.all_fields, limit=1)
    except (Rejected, Unauthorised) as error:
        return CheckResult(entity.value, ok=False, detail=f"{error.message}: {_module_hint(model)}")
    except HubError as error:
        return CheckResult(entity.value, ok=False, detail=error.message)
    missing = sorted(right for name in models for right in missing_rights(name, _rights(access, name)))
    if missing:
        detail = f"no right to {', '.join(missing)}: give the hub's user a group that has it"
        return CheckResult(entity.value, ok=False, detail=detail)
    return CheckResult(entity.value, ok=True, detail=f"{', '.join(models)} can be used")


def _module_hint(model: EntityModel) -> str:
    module = {"party.party": "party", "sale.sale": "sale", "sale.opportunity": "sale_opportunity"}
    if any(child.model == "party.relation.all" for child in model.children):
        return "are the modules party and, for relations, party_relationship activated, and may the user read them?"
    return f"is the module {module.get(model.model, 'marketing_automation')} activated, and may the user read it?"


def _rights(access: JsonValue, model: str) -> JsonObject:
    rights = access.get(model) if isinstance(access, Mapping) else None
    return rights if isinstance(rights, Mapping) else {}


def missing_rights(model: str, rights: JsonObject) -> Sequence[str]:
    """What the hub needs at a model and its user lacks, such as "write party.party"; `rights` as Tryton tells them."""
    wanted = ("read", "write", "create") if model in _WRITTEN else ("read",)
    return [f"{right} {model}" for right in wanted if rights.get(right) is not True]
