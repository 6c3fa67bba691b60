"""A plan file from outside: bytes → text → checked document. Nothing here is stored."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Plan, Text

from . import document as documents
from . import plan_file
from .messages import FileProblem, file_problems

MAX_BYTES = 1024 * 1024
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}


class NoText(ValueError):
    """The file holds no text that could be a plan file; `text` says what it seems to be."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.message)
        self.text = text


def decoded(content: bytes) -> tuple[str, str]:
    """The text of a file and the encoding it was written in. Raises `NoText`.

    Editors on Chinese Windows still write GB18030 (GBK) or, as “Unicode”, UTF-16.
    """
    if content.startswith(b"PK\x03\x04"):
        raise NoText(Text(_("This is a workbook or an archive, not a plan file: a plan file is plain text (TOML).")))
    marked = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "")
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(sign < " " and sign not in "\t\n\r\f" for sign in text):
            return text, "utf-8" if encoding == "utf-8-sig" else encoding
    raise NoText(Text(_("This is no text file in UTF-8 or GB18030: a plan file is plain text (TOML).")))


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A plan file that was read. `plan` is None where there are errors; `values` then holds what could be read."""

    text: str
    document: Mapping[str, Any] | None
    plan: Plan | None
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[FileProblem, ...] = ()

    @property
    def errors(self) -> list[FileProblem]:
        return [problem for problem in self.problems if not problem.warning]

    @property
    def warnings(self) -> list[FileProblem]:
        return [problem for problem in self.problems if problem.warning]


def check_text(text: str) -> CheckedFile:
    """Read a plan file completely, and list everything that is wrong with it, each with its line."""
    try:
        raw = plan_file.load(text)
    except plan_file.NotToml as error:
        return CheckedFile(text, None, None, problems=tuple(file_problems(error, text)))
    checked = documents.check(raw)
    return CheckedFile(text, raw, checked.plan, checked.values, tuple(file_problems(checked.problems, text)))
