"""What is wrong with a roster, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`place` is "sheet!cell" or the sheet or file; `text` says what is wrong and what was expected."""

    place: str
    text: str


class UnreadableFile(Exception):
    """The file as a whole cannot be used; the message is for the user."""
