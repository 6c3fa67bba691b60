"""What the sheets 填写说明 have in common: a page of prose and tables, written from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Line = Sequence[str]


class GuideSheet:
    """A subclass gives the `widths` of the columns, in characters; `line` is the next row to be written."""

    widths: tuple[int, ...] = ()
    line = 0

    def begin(self, sheet: Any, style: Any) -> None:
        self.sheet, self.style = sheet, style
        for column, width in enumerate(self.widths):
            sheet.set_column(column, column, width)
        sheet.hide_gridlines(2)

    def plain(self, text: str, form: Any, height: float | None = None) -> None:
        if height is not None:
            self.sheet.set_row(self.line, height)
        self.sheet.write_string(self.line, 0, text, form)
        self.line += 1

    def heading(self, text: str) -> None:
        self.line += 1
        self.plain(text, self.style.section, height=22)

    def paragraph(self, text: str) -> None:
        """Over the whole width, as high as it needs."""
        self.sheet.set_row(self.line, row_height([text], [sum(self.widths)]))
        self.sheet.merge_range(self.line, 0, self.line, len(self.widths) - 1, "", self.style.paragraph)
        self.sheet.write_string(self.line, 0, text, self.style.paragraph)
        self.line += 1

    def cells(self, line: Line, form: Any, widest: int | None = None) -> None:
        """A row of a table; column `widest`, the last, runs over the rest of the width."""
        widths = [sum(self.widths[at:]) if at == widest else self.widths[at] for at in range(len(line))]
        self.sheet.set_row(self.line, row_height(line, widths))
        for column, text in enumerate(line):
            if column == widest:
                self.sheet.merge_range(self.line, column, self.line, len(self.widths) - 1, "", form)
            self.sheet.write_string(self.line, column, text, form)
        self.line += 1


def row_height(texts: Line, widths: Sequence[int]) -> float:
    """Row height in points for the cell that needs most lines; a Chinese character is two wide."""
    most = 1
    for text, width in zip(texts, widths, strict=True):
        most = max(most, sum(max(1, -(-_shown(part) // (width - 1))) for part in text.split("\n")))
    return 16.0 * most + 3


def _shown(text: str) -> int:
    return sum(1 if ord(letter) < 0x2E80 and letter not in "“”‘’—…·×÷" else 2 for letter in text)
