"""What other rules would make of the customers."""

from __future__ import annotations

from typing import Self

import strawberry
from strawberry.relay import GlobalID

from hub.customers.likeness.preview import Preview as Links
from hub.flows.mapping_preview import MappingPreview as Mapped
from hub.stewardship.rule_preview import RulePreview as Found
from hub.stewardship.rule_preview import Sample
from schema.types.steward import in_schema


@strawberry.type(description="One golden field under the other rules.")
class FieldPreview:
    """Counted over the customers that were looked at."""

    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    customers: int = strawberry.field(description="Customers whose value would be another one.")
    changes_until_now: int = strawberry.field(description="How often it changed over the stored history.")
    changes_then: int = strawberry.field(description="How often it would have changed under the other rules.")


@strawberry.type(description="Values of one field that would leave for one system anew.")
class WritePreview:
    """By the flows that keep golden fields equal there."""

    system: str = strawberry.field(description="Name of the system.")
    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    values: int = strawberry.field(description="How many records there would be told another value.")


@strawberry.type(description="A golden field of a customer that would change.")
class ChangeSample:
    """One of the first."""

    customer_id: GlobalID = strawberry.field(description="Whose.")
    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    before: str | None = strawberry.field(description="Its value now.")
    after: str | None = strawberry.field(description="Its value then.")
    source_before: str | None = strawberry.field(description="Whose value it is; null: nobody speaks of it.")
    source_after: str | None = strawberry.field(description="Whose value it would be.")

    @classmethod
    def of(cls, sample: Sample) -> Self:
        """The type from what was found."""
        return cls(
            customer_id=GlobalID("Customer", str(sample.customer_id)),
            field=in_schema(sample.field),
            before=sample.before,
            after=sample.after,
            source_before=sample.source_before,
            source_after=sample.source_after,
        )


@strawberry.type(description="Records that would have another value of one field, by another mapping.")
class RecordFieldPreview:
    """Before any rule chooses."""

    field: str = strawberry.field(description="The field of the canonical record.")
    records: int = strawberry.field(description="How many records.")


@strawberry.type(description="What another mapping would make of a system's objects.")
class MappingPreview:
    """From the originals that are kept with versions, or read from the system and then not kept."""

    objects: int = strawberry.field(description="How many objects were looked at.")
    versions: int = strawberry.field(description="How many stored versions they have; none of objects that were read.")
    without_original: int = strawberry.field(
        description="Versions of which no original is kept: they stay what they are, whatever the mapping."
    )
    changed: int = strawberry.field(description="Objects that would become other records, or once would have.")
    versions_changed: int = strawberry.field(description="Versions that would have become other records.")
    unfit_now: int = strawberry.field(
        description="How many versions, or objects that were read, do not fit the mapping that holds."
    )
    unfit_then: int = strawberry.field(
        description="How many would not fit the other one, and would be put into quarantine."
    )
    fields: list[RecordFieldPreview] = strawberry.field(description="By field of the record.")

    @classmethod
    def of(cls, found: Mapped) -> Self:
        """The type from what was found."""
        return cls(
            objects=found.objects,
            versions=found.versions,
            without_original=found.without_original,
            versions_changed=found.versions_changed,
            changed=found.changed,
            unfit_now=found.unfit_before,
            unfit_then=found.unfit_after,
            fields=[RecordFieldPreview(field=name, records=count) for name, count in sorted(found.fields.items())],
        )


@strawberry.type(description="Links between records that other matching would keep, make and part.")
class MatchingPreview:
    """Counted with the smaller record of each."""

    records: int = strawberry.field(description="How many records were looked at.")
    kept: int = strawberry.field(description="Links that stay.")
    made: int = strawberry.field(description="Links that are not there now.")
    parted: int = strawberry.field(description="Links that would be there no longer.")

    @classmethod
    def of(cls, found: Links) -> Self:
        """The type from what was found."""
        return cls(records=found.records, kept=found.kept, made=found.gains, parted=found.losses)


@strawberry.type(description="What other rules would make of the customers; nothing was changed.")
class RulePreview:
    """Of survivorship and a mapping every stored version was replayed under both; matching tells what follows."""

    customers: int = strawberry.field(
        description="How many customers were looked at; of matching, and of objects that were read, those with records "
        "that would differ."
    )
    complete: bool = strawberry.field(description="That was everything; `hub rules preview` has no bound.")
    mapping: MappingPreview | None = strawberry.field(description="Of a mapping that was tried.")
    matching: MatchingPreview | None = strawberry.field(description="Of matching that was tried.")
    versions: int = strawberry.field(description="How many versions were replayed.")
    changed: int = strawberry.field(description="Customers of whom any golden value would change.")
    fields: list[FieldPreview] = strawberry.field(description="By field; those that never changed are left out.")
    writes: list[WritePreview] = strawberry.field(description="By system and field.")
    samples: list[ChangeSample] = strawberry.field(description="The first fields that would change.")

    @classmethod
    def of(cls, found: Found, mapping: Mapped | None = None, links: Links | None = None) -> Self:
        """The type from what was found."""
        names = sorted(found.fields | found.turns_before | found.turns_after)
        fields = [
            FieldPreview(
                field=in_schema(name),
                customers=found.fields[name],
                changes_until_now=found.turns_before[name],
                changes_then=found.turns_after[name],
            )
            for name in names
        ]
        writes = [
            WritePreview(system=system, field=in_schema(name), values=count)
            for (system, name), count in sorted(found.writes.items())
        ]
        samples = [ChangeSample.of(sample) for sample in found.samples]
        return cls(
            customers=found.customers,
            complete=found.complete,
            mapping=None if mapping is None else MappingPreview.of(mapping),
            matching=None if links is None else MatchingPreview.of(links),
            versions=found.versions,
            changed=found.changed,
            fields=fields,
            writes=writes,
            samples=samples,
        )
