"""Systems against their adapters: options with their secrets in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError

from hub.errors import Finding
from hub.settings.flows import HUB
from hub.settings.secrets import Resolver
from hub.settings.systems import AdapterSpec
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node, Step
from hub.yaml.validation import annotation_at, findings_of

# Shorter values (`1`, `crm`) stand in ordinary words, which would become unreadable.
_SHORTEST_SECRET: Final = 5


def adapter_of(name: str, system: Node, adapters: Mapping[str, AdapterSpec]) -> AdapterSpec | list[Finding]:
    """The adapter a system names, or why there is none."""
    if name == HUB:
        return [system.finding(f"{HUB!r} is the hub's own name", "name the system after the package or its role")]
    node = system.child("adapter")
    if node is None or node.text is None:
        return []  # told by the validation of the whole file
    if node.text not in adapters:
        return [node.finding(f"system {name}: no adapter {node.text!r} is installed", choices(node.text, adapters))]
    return adapters[node.text]


def validated_options(
    name: str, system: Node, adapter: AdapterSpec, environment: Mapping[str, str], folder: Path
) -> BaseModel | list[Finding]:
    """The adapter's options with every `${NAME}` and `{file: PATH}` filled in, or everything wrong with them."""
    place = ("systems", name, "options")
    node = system.child("options") or replace(system, value={})

    def is_secret(path: Sequence[Step]) -> bool:
        return annotation_at(adapter.options, path[len(place) :]) in {SecretStr, SecretBytes}

    resolver = Resolver(environment, folder, is_secret)
    plain = resolver.resolve(node, place)
    try:
        options = adapter.options.model_validate(plain, extra="forbid")
    except ValidationError as error:
        told = [path[len(place) :] for path in resolver.unresolved]
        findings = findings_of(error, node, adapter.options, ".".join(place), told)
        return resolver.findings + [_redacted(finding, resolver.values) for finding in findings]
    return resolver.findings or options


def _redacted(finding: Finding, values: set[str]) -> Finding:
    """An adapter's own validator may have put what it was given into its message."""
    message, allowed = finding.message, finding.allowed
    long_enough = [value for value in values if len(value) >= _SHORTEST_SECRET]
    for secret in sorted(long_enough, key=len, reverse=True):  # a value may be the beginning of another
        message, allowed = message.replace(secret, "***"), allowed.replace(secret, "***")
    return replace(finding, message=message, allowed=allowed)
