"""What is wrong with a plan file, line by line."""

from __future__ import annotations

from .document import DocumentErrors
from .plan_file import Lines, NotToml
from .rendering import render


def problem_lines(error: NotToml | DocumentErrors, text: str, name: str) -> list[str]:
    """`FILE:LINE: path: what is wrong`, ordered by line, in the active language."""
    if isinstance(error, NotToml):
        return [f"{name}:{error.line}: {render(error.text)}"]
    lines = Lines(text)
    found = sorted(
        ((lines.line_of(path), path, render(words)) for path, words in error.errors),
        key=lambda row: row[0],
    )
    return [f"{name}:{line}: {path}: {words}" for line, path, words in found]
