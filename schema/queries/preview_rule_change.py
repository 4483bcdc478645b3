"""What other survivorship, another mapping or other matching would change, before it is activated."""

from __future__ import annotations

from time import monotonic
from typing import Annotated, Final

import strawberry

from hub.errors import Invalid
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.previewing import Bounds, preview_change
from schema.types.rule_change import RuleChangeInput
from schema.types.rule_preview import RulePreview

CUSTOMERS_MAX: Final = 5_000
SAMPLES_MAX: Final = 100
SECONDS_MAX: Final = 10

Change = Annotated[RuleChangeInput, strawberry.argument(description="The rules that are tried.")]
Customers = Annotated[
    int,
    strawberry.argument(
        description="How many customers (of a mapping objects, of matching records) to look at, by id; at most "
        f"{CUSTOMERS_MAX}."
    ),
]
Samples = Annotated[int, strawberry.argument(description=f"How many changed fields to show; at most {SAMPLES_MAX}.")]


@strawberry.type
class PreviewRuleChangeQuery:
    """Mixed into Query."""

    @resolved(
        "What other survivorship, another mapping or other matching would change: golden fields and values that would "
        "leave for systems, with samples. Survivorship is tried on every stored version, a mapping on the originals of "
        "these or on what its system holds now, matching on the records that are compared; as many as "
        f"{SECONDS_MAX} seconds allow. Changes nothing: hub.yaml activates rules. `hub rules preview` has no bounds.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def preview_rule_change(
        self, info: Info, change: Change, customers: Customers = 1_000, samples: Samples = 20
    ) -> RulePreview:
        """The samples go into the audit trail."""
        _within(customers, CUSTOMERS_MAX, "customers")
        _within(samples, SAMPLES_MAX, "samples")
        end = monotonic() + SECONDS_MAX
        told, found = await preview_change(
            info.context.hub, change, Bounds(customers, samples, lambda: monotonic() < end)
        )
        info.context.shows(info, sorted({sample.customer_id for sample in found.samples}))
        return told


def _within(asked: int, most: int, name: str) -> None:
    if not 0 < asked <= most:
        raise Invalid(f"{name} must be from 1 to {most}", (name,))
