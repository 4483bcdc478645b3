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
    """What a schedule does about firings that nobody was there to make: RUN_ONCE makes one for all, SKIP none."""

    RUN_ONCE = "RUN_ONCE"
    SKIP = "SKIP"


class OverlapPolicy(StrEnum):
    """What a schedule does while its last firing is still at work: SKIP leaves the new one out, QUEUE lines it up."""

    SKIP = "SKIP"
    QUEUE = "QUEUE"
