"""What a run found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Report:
    """A table; all of `wrong` must be empty."""

    seed: int
    rows: list[tuple[str, object]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def tell(self, what: str, value: object, *, wrong: bool = False) -> None:
        """A row, and whether it must not be so."""
        self.rows.append((what, value))
        if wrong:
            self.wrong.append(f"{what}: {value}")

    def none(self, what: str, count: int) -> None:
        """A count that must be zero."""
        self.tell(what, count, wrong=count != 0)

    def __str__(self) -> str:
        width = max(len(what) for what, _ in self.rows)
        lines = [f"| {what:<{width}} | {value!s:>10} |" for what, value in self.rows]
        return "\n".join([*lines, *(f"WRONG {line}" for line in self.wrong)])
