"""How a value that does not fit travels from where it is found to where its whole path is known."""

from __future__ import annotations


class Unfit(Exception):
    """`rule` is safe to show: it names what is asked for, never the value that was given."""

    def __init__(self, rule: str, *, unmapped: bool = False, path: tuple[str, ...] = ()) -> None:
        super().__init__(rule)
        self.rule, self.unmapped, self.path = rule, unmapped, path

    def within(self, step: str) -> Unfit:
        """The same, one level further out."""
        return Unfit(self.rule, unmapped=self.unmapped, path=(step, *self.path))
