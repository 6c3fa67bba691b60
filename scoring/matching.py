"""The same subject in another round: by person, else by unit, else by code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class OtherRound(Generic[T]):
    """What is known of the subjects of one other round, to be found again from a subject of this one.

    A code stands for the same subject only where one of the two rounds knows no person or unit.
    """

    people: dict[int, T] = field(default_factory=dict)
    units: dict[int, T] = field(default_factory=dict)
    linked: dict[str, T] = field(default_factory=dict)
    unlinked: dict[str, T] = field(default_factory=dict)

    def add(self, person: int | None, unit: int | None, code: str, known: T) -> None:
        if person is not None:
            self.people[person] = known
        elif unit is not None:
            self.units[unit] = known
        (self.unlinked if person is None and unit is None else self.linked)[code] = known

    def of(self, person: int | None, unit: int | None, code: str) -> T | None:
        if person is not None:
            return self.people.get(person) or self.unlinked.get(code)
        if unit is not None:
            return self.units.get(unit) or self.unlinked.get(code)
        return self.linked.get(code) or self.unlinked.get(code)
