"""What is wrong with a plan file, line by line: for the command, for the page, for anyone who reads such a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scoring.engine.types import Problem, Text

from .document import DocumentErrors
from .plan_file import Lines, NotToml, source_line
from .rendering import render
from .value_words import Word, path_words


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One thing wrong with a plan file. `source`: the line as it is written (line 0: the file as a whole)."""

    line: int
    path: str
    text: Text
    source: str = ""
    warning: bool = False

    @property
    def place(self) -> Word:
        """The part of the plan, in words: 指标 A · 满分."""
        return path_words(self.path)


def file_problems(error: NotToml | DocumentErrors | Iterable[Problem], text: str) -> list[FileProblem]:
    """Each problem with its line, ordered by line."""
    if isinstance(error, NotToml):
        return [FileProblem(error.line, "", error.text, source_line(text, error.line))]
    if isinstance(error, DocumentErrors):
        error = [Problem(path, words) for path, words in error.errors]
    lines = Lines(text)
    found = [(lines.line_of(problem.path), problem) for problem in error]
    return [
        FileProblem(line, problem.path, problem.text, source_line(text, line), problem.warning)
        for line, problem in sorted(found, key=lambda row: row[0])
    ]


def as_lines(problems: Iterable[FileProblem], name: str) -> list[str]:
    """`FILE:LINE: path: what is wrong`, in the active language."""
    return [
        ": ".join([f"{name}:{each.line}", *([each.path] if each.path else []), render(each.text)]) for each in problems
    ]


def problem_lines(error: NotToml | DocumentErrors, text: str, name: str) -> list[str]:
    """What an exception says of a plan file, ordered by line."""
    return as_lines(file_problems(error, text), name)
