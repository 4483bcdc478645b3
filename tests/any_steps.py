"""How far the state machines go that try any order of steps through the API."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def any_steps(examples: int, steps: int) -> settings:
    """The same examples each time, and none is made smaller: what a step did to the store stays there."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
