"""Rules between a flow's parts and between flows; read from nodes, so that other mistakes do not hide them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, get_origin

from hub.errors import Finding
from hub.records.customer import CustomerRecord
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode
from hub.settings.flows import HUB
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node

ONLY_OUT: Final = frozenset(
    {Entity.CONTACT.value, Entity.WRAP_UP.value, Entity.CONTACT_EVENT.value, Entity.LEAD_RESPONSE.value}
)
"""What the hub itself issues: no package has any of its own."""

_SLOWEST_FIRST: Final = [cadence.value for cadence in FlowCadence]

GOLDEN_FIELDS: Final = tuple(
    name for name, field in CustomerRecord.model_fields.items() if get_origin(field.annotation) is not tuple
)
"""The single values of a customer."""


def check_flows(flows: Mapping[str, Node], systems: Mapping[str, Node]) -> Iterator[Finding]:
    """Ends, lanes and prerequisites of every flow."""
    for name, flow in flows.items():
        yield from _ends(name, flow, systems)
        yield from _lanes(name, flow)
        yield from _roads(name, flow, systems)
        yield from _fields(name, flow)
        yield from _consent(name, flow)
        yield from _prerequisites(name, flow, flows)
    yield from _cycles(flows)


def _is_planned(flow: Node) -> bool:
    return flow.nearest(["planned"]).value is True


def _ends(name: str, flow: Node, systems: Mapping[str, Node]) -> Iterator[Finding]:
    for key in ("source", "target"):
        system = flow.text_of(key)
        if system is not None and system != HUB and system not in systems:
            yield flow.nearest([key]).finding(f"flow {name}: no system {system!r}", choices(system, [*systems, HUB]))
    if _is_planned(flow):
        return
    for key in ("entity", "source"):
        if key not in flow.entries:
            yield flow.finding(f"{key!r} is missing in flows.{name}", "write it, or `planned: true` if it comes later")
    source, target = flow.text_of("source"), flow.text_of("target") or HUB
    if source is not None and (source == HUB) == (target == HUB):
        message = f"flow {name} goes from {source} to {target}"
        yield flow.nearest(["source"]).finding(message, f"exactly one end is `{HUB}`: make two flows of it")
    if flow.text_of("entity") in ONLY_OUT and target == HUB:
        message = f"flow {name}: {flow.text_of('entity')} only goes out"
        yield flow.nearest(["entity"]).finding(message, f"write `source: {HUB}` and the system as target")


def _lanes(name: str, flow: Node) -> Iterator[Finding]:
    lanes = flow.items_of("lanes")
    if _is_planned(flow):
        if lanes:
            yield flow.nearest(["lanes"]).finding(
                f"flow {name} is planned and has lanes", "remove `planned` or `lanes`"
            )
        return
    if not lanes:
        yield flow.nearest(["lanes"]).finding(f"flow {name} has no lane", "give it one, or write `planned: true`")
        return
    cadences = [(lane, lane.text_of("cadence")) for lane in lanes]
    modes = [(lane, lane.text_of("mode")) for lane in lanes]
    for lane, twice in _repeated(cadences):
        yield lane.finding(f"flow {name} has two lanes of cadence {twice}", "keep one lane of each cadence")
    authoritative = [lane for lane, mode in modes if mode == LaneMode.AUTHORITATIVE]
    # A mode that is misspelt has its finding and may be the one.
    if not authoritative and all(mode in set(LaneMode) for _, mode in modes):
        yield flow.nearest(["lanes"]).finding(f"flow {name} has no AUTHORITATIVE lane", "make exactly one lane count")
    for lane in authoritative[1:]:
        hint = "one lane counts; the others are SHADOW, VERIFY, STANDBY or RETIRED"
        yield lane.finding(f"flow {name} has two AUTHORITATIVE lanes", hint)
    for lane, cadence in cadences:
        if cadence in set(FlowCadence) - {FlowCadence.REAL_TIME} and "cron" not in lane.entries:
            hint = 'write when it runs, for example cron: "0 3 * * *"'
            yield lane.finding(f"'cron' is missing in the {cadence} lane of flow {name}", hint)


def _roads(name: str, flow: Node, systems: Mapping[str, Node]) -> Iterator[Finding]:
    """A lane may come by another system, as long as something comes in at all."""
    inbound = (flow.text_of("target") or HUB) == HUB
    for lane in flow.items_of("lanes"):
        via, node = lane.text_of("via"), lane.nearest(["via"])
        if via is None:
            continue
        if not inbound:
            yield node.finding(f"a lane of flow {name} goes via {via}", "only what comes in may come by another system")
        elif via not in systems:
            yield node.finding(f"a lane of flow {name} comes via {via!r}, which is no system", choices(via, systems))
        elif via == flow.text_of("source"):
            yield node.finding(f"a lane of flow {name} comes via its own source", "remove `via`")


def _fields(name: str, flow: Node) -> Iterator[Finding]:
    """Golden fields are written outward, and customers have them."""
    fields = flow.items_of("fields")
    if fields and (flow.text_of("source") != HUB or flow.text_of("entity") != Entity.CUSTOMER.value):
        yield flow.nearest(["fields"]).finding(
            f"flow {name} names fields", f"only a flow of customers with `source: {HUB}` writes golden fields"
        )
    for field in fields:
        if field.text is not None and field.text not in GOLDEN_FIELDS:
            yield field.finding(f"flow {name}: no golden field {field.text!r}", choices(field.text, GOLDEN_FIELDS))


def _consent(name: str, flow: Node) -> Iterator[Finding]:
    """What leaves can be withheld; what a customer allows or not has to arrive everywhere."""
    if "consent" not in flow.entries:
        return
    node = flow.nearest(["consent"])
    if flow.text_of("source") != HUB and not _is_planned(flow):
        yield node.finding(f"flow {name} asks for consent", f"only what leaves the hub can: `source: {HUB}`")
    elif flow.text_of("entity") == Entity.CONSENT.value:
        yield node.finding(f"flow {name} carries consents and asks for one", "remove it: a no has to arrive as well")


def _repeated(named: Sequence[tuple[Node, str | None]]) -> Iterator[tuple[Node, str]]:
    seen: set[str] = set()
    for node, name in named:
        if name is not None and name in seen:
            yield node, name
        elif name is not None:
            seen.add(name)


def _prerequisites(name: str, flow: Node, flows: Mapping[str, Node]) -> Iterator[Finding]:
    named = [(node, node.text) for node in flow.items_of("prerequisites")]
    for node, other in named:
        if other is not None and other not in flows:
            yield node.finding(f"flow {name}: no flow {other!r} to wait for", choices(other, flows))
        elif other is not None:
            yield from _slower(name, flow, node, other, flows[other])
    for node, other in _repeated(named):
        yield node.finding(f"flow {name} names {other!r} twice as a prerequisite", "keep one of them")


def _slower(name: str, flow: Node, node: Node, other: str, prerequisite: Node) -> Iterator[Finding]:
    """What a migration's gate would refuse is not declared either. One that is planned binds nobody yet."""
    own, its = _counting(flow), _counting(prerequisite)
    if own is not None and its is not None and _SLOWEST_FIRST.index(own) > _SLOWEST_FIRST.index(its):
        yield node.finding(
            f"flow {name} counts in {own} and waits for {other}, which counts in {its}",
            f"make a lane of {other} count that is as fast (write it so if a migration did), a slower one of {name}, "
            "or remove the prerequisite",
        )


def _counting(flow: Node) -> str | None:
    """The cadence of the lane that counts; None where there is none, or it is not understood."""
    for lane in () if _is_planned(flow) else flow.items_of("lanes"):
        cadence = lane.text_of("cadence")
        if lane.text_of("mode") == LaneMode.AUTHORITATIVE and cadence in _SLOWEST_FIRST:
            return cadence
    return None


def _cycles(flows: Mapping[str, Node]) -> Iterator[Finding]:
    """One finding per cycle, at the prerequisite that closes it."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> Iterator[Finding]:
        for node in flows[name].items_of("prerequisites"):
            other = node.text or ""
            if other in path:
                circle = " -> ".join([*path[path.index(other) :], other])
                yield node.finding(f"flows wait for each other: {circle}", "remove one of these prerequisites")
            elif other in flows and other not in done:
                yield from walk(other, [*path, other])
        done.add(name)

    for name in flows:
        if name not in done:
            yield from walk(name, [name])
