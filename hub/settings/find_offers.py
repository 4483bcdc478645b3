"""The catalogue that hub.yaml names, checked: shape, references, conditions, content."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from hub.errors import Finding, Invalid, Misconfigured
from hub.mapping.expressions import compile_expression
from hub.settings.offers import OffersDocument
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node, read_yaml
from hub.yaml.validation import findings_of

NO_OFFERS: Final = OffersDocument(version="none", language="en")
"""An installation without a catalogue offers nothing."""


def find_offers(folder: Path, root: Node, channels: Collection[str], findings: list[Finding]) -> OffersDocument:
    """What hub.yaml's `offers` names, NO_OFFERS where it names nothing; what is wrong is added to `findings`.

    `channels` are those that hub.yaml knows.
    """
    node = root.child("offers")
    if node is None or node.text is None:
        return NO_OFFERS
    path = folder / node.text
    if not path.is_file():
        findings.append(node.finding(f"there is no catalogue {path}", "paths count from the folder of hub.yaml"))
        return NO_OFFERS
    try:
        document, wrong = load_offers(path)
    except Misconfigured as error:
        findings += error.findings
        return NO_OFFERS
    findings += wrong
    findings += [] if document is None else _channels(node, document, channels)
    return document or NO_OFFERS


def load_offers(path: Path) -> tuple[OffersDocument | None, list[Finding]]:
    """The catalogue in the file and everything wrong with it; Misconfigured when it cannot be read at all."""
    root, findings = read_yaml(path)
    document: OffersDocument | None = None
    try:
        document = OffersDocument.model_validate(root.plain())
    except ValidationError as error:
        findings += findings_of(error, root, OffersDocument)
    issues = root.entries_of("issues")
    for name, proposition in root.entries_of("propositions").items():
        findings += _references(name, proposition, issues)
        findings += _contents(name, proposition, root.text_of("language"))
        for key in ("eligible", "applicable", "suitable"):
            findings += _condition(f"propositions.{name}.{key}", proposition.child(key))
        for place, rule in enumerate(proposition.items_of("context")):
            findings += _condition(f"propositions.{name}.context[{place}].when", rule.child("when"))
    for name, condition in root.entries_of("segments").items():
        findings += _condition(f"segments.{name}", condition)
    return document, findings


def _references(name: str, proposition: Node, issues: Mapping[str, Node]) -> Iterator[Finding]:
    issue, group = proposition.child("issue"), proposition.child("group")
    if issue is None or issue.text is None:
        return
    if issue.text not in issues:
        yield issue.finding(f"propositions.{name}: no issue {issue.text!r}", choices(issue.text, issues))
    elif group is not None and group.text is not None:
        groups = issues[issue.text].entries_of("groups")
        if group.text not in groups:
            message = f"propositions.{name}: issue {issue.text} has no group {group.text!r}"
            yield group.finding(message, choices(group.text, groups))


def _contents(name: str, proposition: Node, language: str | None) -> Iterator[Finding]:
    """A customer of any language must get something to see."""
    for treatment, node in proposition.entries_of("treatments").items():
        for channel, languages in node.entries_of("content").items():
            if language is not None and language not in languages.entries:
                message = f"propositions.{name}.treatments.{treatment}: {channel} has no content in {language!r}"
                yield languages.finding(message, "it is what customers of other languages get")


def _channels(node: Node, document: OffersDocument, known: Collection[str]) -> Iterator[Finding]:
    named = {
        channel: f"propositions.{name}.treatments.{treatment}"
        for name, proposition in document.propositions.items()
        for treatment, presented in proposition.treatments.items()
        for channel in presented.content
    }
    policy = document.policy
    for channels in [rule.channels for rule in policy.limits] + [rule.channels for rule in policy.suppress]:
        named |= dict.fromkeys(channels, "policy")
    for channel, place in named.items():
        if channel not in known:
            yield node.finding(f"{place} of the catalogue: no channel {channel!r}", choices(channel, known))


def _condition(place: str, node: Node | None) -> Iterator[Finding]:
    if node is None or node.text is None:
        return
    try:
        compile_expression(node.text)
    except Invalid as error:
        yield node.finding(f"{place}: {error.message}", "see https://jmespath.org/specification.html")
