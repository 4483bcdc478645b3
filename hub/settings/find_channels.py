"""`channels:` and `outbound:` of hub.yaml with secrets and templates in place, every mistake found at its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from hub.errors import Finding
from hub.settings.channels import NO_OUTBOUND, OutboundChannel, OutboundRules
from hub.settings.mail_template import PLACEHOLDERS, MailTemplate, parse_template
from hub.settings.secrets import Resolver
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node, Plain, Step
from hub.yaml.validation import annotation_at


@dataclass(frozen=True)
class Outbound:
    """What carries leads out. `folder` is hub.yaml's, from which paths count. Templates by (channel, language)."""

    channels: Mapping[str, OutboundChannel] = field(default_factory=dict)
    rules: OutboundRules = NO_OUTBOUND
    templates: Mapping[tuple[str, str], MailTemplate] = field(default_factory=dict)
    folder: Path = Path()


NOTHING_OUTBOUND: Final = Outbound()
"""A company that says nothing of it."""


def channels_with_secrets(
    root: Node, environment: Mapping[str, str], folder: Path, findings: list[Finding]
) -> Plain | None:
    """The section `channels` with every reference filled in; None where there is none."""
    node = root.child("channels")
    if node is None:
        return None

    def is_secret(path: Sequence[Step]) -> bool:
        return annotation_at(OutboundChannel, path[2:]) is SecretStr

    resolver = Resolver(environment, folder, is_secret)
    plain = resolver.resolve(node, ("channels",))
    findings += resolver.findings
    return plain


def find_templates(folder: Path, root: Node, findings: list[Finding]) -> Mapping[tuple[str, str], MailTemplate]:
    """The templates of all channels; what is wrong with one is told where hub.yaml names it."""
    found: dict[tuple[str, str], MailTemplate] = {}
    linked = root.child("outbound") is not None and "link" in root.entries_of("outbound")
    for channel, entry in root.entries_of("channels").items():
        mail = entry.child("email")
        for language, node in ({} if mail is None else mail.entries_of("templates")).items():
            template = _read(folder, node, findings)
            if template is not None:
                findings += _check_template(node, template, linked)
                found[channel, language] = template
        fallback = None if mail is None else mail.text_of("language")
        if mail is not None and fallback is not None and fallback not in mail.entries_of("templates"):
            message = f"channel {channel}: no template in {fallback!r}"
            findings.append(
                mail.nearest(["language"]).finding(message, choices(fallback, mail.entries_of("templates")))
            )
    return found


def check_steps(root: Node) -> Iterator[Finding]:
    """Steps name channels that there are."""
    channels = root.entries_of("channels")
    section = root.child("outbound")
    for step in () if section is None else section.items_of("steps"):
        for node in step.items_of("channels"):
            if node.text is not None and node.text not in channels:
                yield node.finding(f"no channel {node.text!r} carries leads out", choices(node.text, channels))


def _read(folder: Path, node: Node, findings: list[Finding]) -> MailTemplate | None:
    if node.text is None:
        return None  # told by the validation of the whole file
    path = folder / node.text
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        findings.append(node.finding(f"there is no template {path}", "paths count from the folder of hub.yaml"))
        return None
    template = parse_template(text)
    if template is None:
        findings.append(node.finding(f"{path} has no subject and text", "begin with `Subject: ...`, then the text"))
    return template


def _check_template(node: Node, template: MailTemplate, linked: bool) -> Iterator[Finding]:
    if not template.sound:
        yield node.finding(f"{node.text}: a dollar sign without a placeholder", "write $$ for a dollar sign")
    for name in sorted(template.placeholders - set(PLACEHOLDERS)):
        yield node.finding(f"{node.text}: nothing is called ${name}", choices(name, PLACEHOLDERS))
    if "link" in template.placeholders and not linked:
        yield node.finding(f"{node.text} has a $link and there is none", "write outbound.link, or leave it out")
