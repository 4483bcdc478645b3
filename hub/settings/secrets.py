"""Values that stand outside hub.yaml: `${NAME}` in the environment, `{file: PATH}` in a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from hub.errors import Finding
from hub.yaml.nodes import Node, Plain, Step

_REFERENCE: Final = re.compile(r"\$\{([^}]*)\}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_KEY: Final = re.compile(
    r"(passw(or)?d|passphrase|secret|token|credentials?|(api|private|access|signing)_?key)$", re.I
)
_PASSWORD_IN_URL: Final = re.compile(r"://[^/@\s:]+:(?!\$\{)[^/@\s]+@")

IsSecret: TypeAlias = Callable[[Sequence[Step]], bool]


@dataclass
class Resolver:
    """Puts the values in place. `unresolved` are the paths it could not fill: no more can be said about them.

    `values` are those it read, which must not appear in any message: each may be a secret or hold one.
    """

    environment: Mapping[str, str]
    folder: Path
    is_secret: IsSecret
    findings: list[Finding] = field(default_factory=list)
    unresolved: list[tuple[Step, ...]] = field(default_factory=list)
    values: set[str] = field(default_factory=set, repr=False)

    def resolve(self, node: Node, path: tuple[Step, ...] = ()) -> Plain:
        """The plain value of `node` with every reference replaced."""
        if isinstance(node.value, Mapping):
            if self._secret(path) and set(node.value) == {"file"}:
                return self._from_file(node.value["file"], path)
            return {key: self.resolve(child, (*path, key)) for key, child in node.value.items()}
        if isinstance(node.value, tuple):
            return [self.resolve(child, (*path, index)) for index, child in enumerate(node.value)]
        if isinstance(node.value, str):
            return self._from_environment(node, node.value, path)
        if self._secret(path) and node.value is not None and not isinstance(node.value, bool):
            self._in_clear(node, path)
        return node.value

    def _secret(self, path: Sequence[Step]) -> bool:
        named = any(isinstance(step, str) and _SECRET_KEY.search(step) for step in path[-1:])
        return named or self.is_secret(path)

    def _from_environment(self, node: Node, text: str, path: tuple[Step, ...]) -> str:
        if _PASSWORD_IN_URL.search(text) or (self._secret(path) and text and not _REFERENCE.search(text)):
            self._in_clear(node, path)
            return text

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if not _VARIABLE.fullmatch(name):
                self._fail(node, path, f"{match[0]} names no environment variable", "write ${NAME}")
            elif not self.environment.get(name):
                hint = f"export {name}=... before the hub starts"
                self._fail(node, path, f"environment variable {name} is not set", hint)
            else:
                self.values.add(self.environment[name])
                return self.environment[name]
            return match[0]

        return _REFERENCE.sub(value, text)

    def _from_file(self, node: Node, path: tuple[Step, ...]) -> str:
        if node.text is None:
            self._fail(node, path, f"{_dotted(path)}: `file` must be a path", "write {file: secrets/NAME}")
            return ""
        place = self.folder / node.text
        try:
            secret = place.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            hint = "paths count from the folder of hub.yaml"
            self._fail(node, path, f"secret file {place} cannot be read: {reason}", hint)
            return ""
        if not secret:
            self._fail(node, path, f"secret file {place} is empty", "write the secret into it")
        self.values.add(secret)
        return secret

    def _in_clear(self, node: Node, path: tuple[Step, ...]) -> None:
        hint = 'keep it out of this file: "${NAME}" for an environment variable, {file: PATH} for a file'
        self._fail(node, path, f"{_dotted(path)}: a secret is written in clear", hint)

    def _fail(self, node: Node, path: tuple[Step, ...], message: str, allowed: str) -> None:
        self.findings.append(node.finding(message, allowed))
        self.unresolved.append(path)


def _dotted(path: Sequence[Step]) -> str:
    return ".".join(str(step) for step in path)
