"""The workload spread holds its laws for every campaign: capacity, one delivery a channel, nobody forgotten."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.outbound.opening import clock_hour, local_day, open_at
from hub.outbound.spread import Candidate, Load, Planned, spread
from hub.records.outbound import ChannelKind
from hub.settings.channels import Capacity, Opening, OpeningHours, OutboundChannel, Step, Weekday

NOW = datetime(2026, 3, 27, 15, 20, tzinfo=UTC)  # the Friday before summer time begins
NAMES = ("mail", "letters", "calls")
OFFICE = Opening(
    time_zone="Europe/Amsterdam",
    hours=(OpeningHours(days=(Weekday.FRI, Weekday.SUN, Weekday.MON), opens="09:30", closes="17:00"),),
)


def channel(per_hour: int | None = None, per_day: int | None = None, opening: Opening | None = None) -> OutboundChannel:
    return OutboundChannel(
        kind=ChannelKind.CALL_LIST,
        contact_channel="phone",
        capacity=Capacity(per_hour=per_hour, per_day=per_day),
        opening=opening,
    )


def candidate(number: int, *channels: str, rank: int = 1) -> Candidate:
    return Candidate(UUID(int=number), rank, NOW, frozenset(channels))


def planned(
    candidates: list[Candidate], steps: list[Step], channels: dict[str, OutboundChannel]
) -> list[tuple[int, str, datetime]]:
    plan = spread(candidates, steps, {name: Load(one) for name, one in channels.items()}, NOW)
    return [(one.lead.int, one.channel, one.planned_for) for one in plan]


def test_a_full_channel_gives_way_to_the_next_and_the_important_go_first() -> None:
    people = [candidate(1, *NAMES), candidate(2, *NAMES), candidate(3, *NAMES, rank=0), candidate(4, "mail")]
    channels = {"mail": channel(per_day=1), "letters": channel(per_day=1), "calls": channel()}
    midnight = datetime(2026, 3, 28, tzinfo=UTC)
    assert planned(people, [Step(channels=NAMES, within_hours=2)], channels) == [
        (3, "mail", NOW),
        (1, "letters", NOW),
        (2, "calls", NOW),
        (4, "mail", midnight),
    ]


def test_each_step_takes_another_channel_at_its_own_time() -> None:
    steps = [Step(channels=("mail",)), Step(channels=("mail", "letters"), after_hours=24)]
    channels = {name: channel() for name in NAMES}
    assert planned([candidate(1, *NAMES), candidate(2, "mail")], steps, channels) == [
        (1, "mail", NOW),
        (2, "mail", NOW),
        (1, "letters", NOW + timedelta(days=1)),
    ]


capacities = st.one_of(st.none(), st.integers(1, 4))
companies = st.fixed_dictionaries(
    {
        name: st.builds(channel, per_hour=capacities, per_day=capacities, opening=st.sampled_from([None, OFFICE]))
        for name in NAMES
    }
)
people = st.lists(st.tuples(st.integers(0, 2), st.frozensets(st.sampled_from(NAMES))), max_size=25).map(
    lambda told: [Candidate(UUID(int=place), rank, NOW, may) for place, (rank, may) in enumerate(told)]
)
programmes = st.lists(
    st.builds(
        Step,
        channels=st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple),
        after_hours=st.integers(0, 60),
        within_hours=st.integers(1, 40),
    ),
    min_size=1,
    max_size=3,
)
earlier = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 72)), max_size=10)


@given(companies, people, programmes, earlier)
def test_laws_of_the_spread(
    channels: dict[str, OutboundChannel],
    candidates: list[Candidate],
    steps: list[Step],
    before: list[tuple[str, int]],
) -> None:
    def plan(ordered: list[Candidate]) -> tuple[list[Planned], dict[str, Load]]:
        loads = {name: Load(one) for name, one in channels.items()}
        for name, hours in before:
            loads[name].add(NOW + timedelta(hours=hours))
        return spread(ordered, steps, loads, NOW), loads

    found, _ = plan(candidates)
    again, _ = plan(list(reversed(candidates)))
    assert found == again

    assert len({(one.lead, one.channel) for one in found}) == len(found)
    assert len({(one.lead, one.step) for one in found}) == len(found)
    reached = {one.lead for one in found}
    named = {name for step in steps for name in step.channels}
    assert reached == {one.lead for one in candidates if one.channels & named}

    hours: Counter[object] = Counter()
    days: Counter[object] = Counter()
    for name, offset in before:
        at = NOW + timedelta(hours=offset)
        hours[name, clock_hour(channels[name].opening, at)] += 1
        days[name, local_day(channels[name].opening, at)] += 1
    allowed = {one.lead: one.channels for one in candidates}
    for one in found:
        opening, capacity = channels[one.channel].opening, channels[one.channel].capacity
        assert one.channel in allowed[one.lead]
        assert one.channel in steps[one.step - 1].channels
        assert one.planned_for >= NOW + timedelta(hours=steps[one.step - 1].after_hours)
        assert open_at(opening, one.planned_for) is not None
        hours[one.channel, clock_hour(opening, one.planned_for)] += 1
        days[one.channel, local_day(opening, one.planned_for)] += 1
        # What was there before may already be too much; a plan never adds to a full window.
        assert capacity.per_hour is None or hours[one.channel, clock_hour(opening, one.planned_for)] <= max(
            capacity.per_hour, _before(before, one, channels, clock_hour)
        )
        assert capacity.per_day is None or days[one.channel, local_day(opening, one.planned_for)] <= max(
            capacity.per_day, _before(before, one, channels, local_day)
        )


def _before(before: list[tuple[str, int]], one: Planned, channels: dict[str, OutboundChannel], window: object) -> int:
    assert callable(window)
    opening = channels[one.channel].opening
    mine = window(opening, one.planned_for)
    return sum(
        1 for name, hours in before if name == one.channel and window(opening, NOW + timedelta(hours=hours)) == mine
    )
