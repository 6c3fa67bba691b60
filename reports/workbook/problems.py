"""What is wrong with a workbook: every error with its cell, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .layout import LAYOUTS


@dataclass(frozen=True, slots=True)
class Problem:
    """One error. `message` says what is wrong and what was expected; without a sheet it is about the file."""

    sheet: str
    cell: str
    message: str

    @property
    def place(self) -> str:
        return f"{self.sheet}!{self.cell}" if self.sheet else ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.sheet else self.message


@dataclass(slots=True)
class Problems:
    """Collects errors; the same words on the same cell count once."""

    found: dict[Problem, None] = field(default_factory=dict)

    def add(self, sheet: str, cell: str, message: str) -> None:
        self.found.setdefault(Problem(sheet, cell, message))

    def __bool__(self) -> bool:
        return bool(self.found)

    def __iter__(self) -> Iterator[Problem]:
        """In the order of the sheets, row by row."""
        return iter(sorted(self.found, key=_position))


def _position(problem: Problem) -> tuple[int, int, int, str]:
    sheets = list(LAYOUTS)
    sheet = sheets.index(problem.sheet) if problem.sheet in sheets else -1
    letters = problem.cell.rstrip("0123456789")
    row = problem.cell[len(letters) :]
    return sheet, int(row or 0), len(letters), letters


class WorkbookRefused(Exception):
    """The workbook was not loaded and nothing was changed. `problems` has every error.

    `can_be_marked`: the file can be opened, so that a copy with the wrong cells marked can be made.
    """

    def __init__(self, problems: Sequence[Problem], *, can_be_marked: bool = True) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = list(problems)
        self.can_be_marked = can_be_marked and any(problem.sheet for problem in problems)
