"""The words of lanes: how often, with what authority, and what happens when the time of a run was missed."""

from enum import StrEnum
from typing import Final


class FlowCadence(StrEnum):
    """How often a lane carries its flow, slowest first."""

    WEEKLY = "WEEKLY"
    DAILY = "DAILY"
    HOURLY = "HOURLY"
    REAL_TIME = "REAL_TIME"


class RealTimeRoad(StrEnum):
    """How changes come in at once. PUSH: the system calls the hub. POLL: the hub asks every few seconds."""

    PUSH = "PUSH"
    POLL = "POLL"


class LaneMode(StrEnum):
    """What a lane's records do.

    AUTHORITATIVE: they are applied; one lane per flow. SHADOW: applied to shadow twins only, the candidate of a
    migration. VERIFY: compared with what is there, the auditor. STANDBY: the lane waits. RETIRED: it is history.
    """

    AUTHORITATIVE = "AUTHORITATIVE"
    SHADOW = "SHADOW"
    VERIFY = "VERIFY"
    STANDBY = "STANDBY"
    RETIRED = "RETIRED"


RUNNING_MODES: Final = frozenset({LaneMode.AUTHORITATIVE, LaneMode.SHADOW, LaneMode.VERIFY})
"""Modes whose lanes run; only the first of them touches what the business sees."""


class MisfirePolicy(StrEnum):
    """When runs were due while nothing was running: RUN_ONCE catches up with one run, SKIP waits for the next time."""

    RUN_ONCE = "RUN_ONCE"
    SKIP = "SKIP"


class OverlapPolicy(StrEnum):
    """When a run is due while the last one still works: SKIP drops the new run, QUEUE starts it afterwards."""

    SKIP = "SKIP"
    QUEUE = "QUEUE"
