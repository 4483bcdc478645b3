"""What a mail says: a file whose first line is its subject, with placeholders that hold no logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Final

PLACEHOLDERS: Final = ("name", "given_name", "family_name", "campaign", "company", "link", "unsubscribe")
"""What a template may name. A customer of whom one is not known gets nothing in its place."""

_SUBJECT: Final = "subject:"


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """Subject and body (plain text) with `$name` or `${name}`; `$$` is a dollar sign."""

    subject: Template
    body: Template

    @property
    def placeholders(self) -> frozenset[str]:
        """What it names."""
        return frozenset([*self.subject.get_identifiers(), *self.body.get_identifiers()])

    @property
    def sound(self) -> bool:
        """False where a dollar sign stands before nothing that can be a name."""
        return self.subject.is_valid() and self.body.is_valid()

    def rendered(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Subject, on one line whatever a value holds, and body. KeyError for a placeholder without a value."""
        return " ".join(self.subject.substitute(values).split()), self.body.substitute(values).strip() + "\n"


def parse_template(text: str) -> MailTemplate | None:
    """None where the first line is no subject, or nothing follows it."""
    first, _, rest = text.partition("\n")
    if not first.lower().startswith(_SUBJECT) or not first[len(_SUBJECT) :].strip() or not rest.strip():
        return None
    return MailTemplate(Template(first[len(_SUBJECT) :].strip()), Template(rest.strip()))
