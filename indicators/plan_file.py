"""Plan files: TOML text ↔ document, and the line of the file on which a part of the document stands."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from appraisal_site.lib.fields import canonical
from scoring.engine.text import gettext_noop as _
from scoring.engine.types import Text

from .schema import Path


class NotToml(ValueError):
    """The text is no TOML at all. `text` says what was met, `line` where (0: unknown)."""

    def __init__(self, text: Text, line: int) -> None:
        super().__init__(text.message)
        self.text = text
        self.line = line


def load(text: str) -> dict[str, Any]:
    """The document of a plan file; figures stay exact. Raises `NotToml`."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise NotToml(*_explain(str(error), text)) from None
    except RecursionError:
        raise NotToml(Text(_("The brackets in this file are nested too deeply.")), 0) from None


def source_line(text: str, line: int) -> str:
    """A line of the file as it is written, without the blanks around it; empty where there is none."""
    lines = text.removeprefix("\ufeff").split("\n")
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


# What tomllib says in English → what it means for whoever wrote the line.
_INLINE = _("What stands in { } is on one line, parted by commas, without a comma at its end: %(shown)s")
_TWICE = _("The name on this line is given twice in the same part: %(shown)s")
_MEANINGS = (
    ("Cannot overwrite a value", _TWICE),
    ("Duplicate inline table key", _TWICE),
    ("Cannot declare", _("This part is there twice, though there can be only one of it: %(shown)s")),
    ("Expected '='", _("A name, then = and a value are expected on this line: %(shown)s")),
    ("Expected ']", _("A heading in square brackets is not closed on this line: %(shown)s")),
    ("Expected newline", _("From column %(column)s on there is more than one value on this line: %(shown)s")),
    (r"Illegal character '\n'", _("A quotation mark is not closed on this line: %(shown)s")),
    ("Unclosed inline table", _INLINE),
    ("Unclosed array", _("A list in [ ] is not closed, or a comma is missing in it, here or before: %(shown)s")),
    ("Unescaped", _("A backslash in a text is written twice: %(shown)s")),
    ("Invalid value", _("No value can be read from column %(column)s on; a text needs quotation marks: %(shown)s")),
)
_OTHER = _("This line cannot be read as TOML, from column %(column)s on: %(shown)s")
# What a Chinese keyboard writes → what the file needs.
_FULL_WIDTH = dict(zip("“”＂‘’，＝［］｛｝【】：。；", '"""\'\',=[]{}[]=.,', strict=True))
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*')


def _explain(message: str, text: str) -> tuple[Text, int]:
    """tomllib names the place in English at the end of its message."""
    found = re.search(r"\(at line (\d+), column (\d+)\)$", message)
    if found:
        line, column = int(found[1]), int(found[2])
        shown = source_line(text, line)
        values = {"column": column, "shown": shown[:60]}
        return _meaning(message, shown, values), line
    if message.endswith("(at end of document)"):
        lines = text.rstrip().split("\n")
        return Text(_("The file ends too early: a quotation mark or a bracket is not closed.")), len(lines)
    return Text(_("The file cannot be read as TOML.")), 0


def _meaning(message: str, shown: str, values: dict[str, Any]) -> Text:
    sign = next((each for each in _QUOTED.sub("", shown) if each in _FULL_WIDTH), None)
    if sign is not None:
        said = _("The sign %(sign)s is full-width (Chinese) punctuation; write %(plain)s instead: %(shown)s")
        return Text(said, values | {"sign": sign, "plain": _FULL_WIDTH[sign]})
    if re.search(r"\d\s*[%％]", _QUOTED.sub("", shown)):
        return Text(_("A share is written without a percent sign, 0.3 for 30%%: %(shown)s"), values)
    if message.startswith("Cannot overwrite") and shown.startswith("["):
        said = _("The heading of this part stands sometimes in single and sometimes in double brackets: %(shown)s")
        return Text(said, values)
    if message.startswith("Invalid initial character") and "{" in shown:
        return Text(_INLINE, values)
    return Text(next((words for start, words in _MEANINGS if message.startswith(start)), _OTHER), values)


# ------------------------------------------------------------------------------- lines

_TOKEN = re.compile(
    r"(?P<space>[ \t\r]+|#[^\n]*)"
    r"|(?P<newline>\n)"
    r'|(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<sign>[\[\]{}=,.])"
    r'|(?P<word>[^\s\[\]{}=,#"\']+)',
    re.DOTALL,
)


class Lines:
    """Where each part of a plan file stands. Only for text that `load` accepted."""

    def __init__(self, text: str) -> None:
        self._document = load(text)
        self._lines: dict[Path, int] = {}
        self._tokens = list(_tokens(text.removeprefix("\ufeff")))
        self._next = 0
        self._read_file()

    def line_of(self, path: str) -> int:
        """The line of "indicators.K111.points"; of the nearest part around it where it is not there."""
        where: list[str | int] = []
        here: Any = self._document
        for name in path.split(".") if path else []:
            step = _step(here, name)
            if step is None:
                break
            where.append(step)
            here = here[step]
        while where and tuple(where) not in self._lines:
            where.pop()
        return self._lines.get(tuple(where), 1)

    # The scanner follows TOML's grammar loosely: tables, keys with dots, arrays, inline tables.

    def _peek(self) -> str:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else ""

    def _take(self) -> tuple[int, str]:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _skip_newlines(self) -> None:
        while self._peek() == "\n":
            self._next += 1

    def _read_file(self) -> None:
        table: Path = ()
        counts: dict[Path, int] = {}
        self._skip_newlines()
        while self._next < len(self._tokens):
            if self._peek() == "[":
                table = self._header(counts)
            else:
                self._pair(table)
            self._skip_newlines()

    def _header(self, counts: dict[Path, int]) -> Path:
        line, _sign = self._take()
        many = self._peek() == "["
        if many:
            self._take()
        parts = self._key()
        name: Path = ()
        for number, step in enumerate(parts, 1):
            name = (*name, step)
            # A table inside an array of tables belongs to the array's latest row.
            if name in counts and not (many and number == len(parts)):
                name = (*name, counts[name])
        while self._peek() == "]":
            self._take()
        if many:
            counts[name] = counts.get(name, -1) + 1
            self._lines.setdefault(name, line)
            name = (*name, counts[name])
        self._lines[name] = line
        return name

    def _key(self) -> list[str]:
        parts: list[str] = []
        while self._peek() not in ("=", "]", ""):
            parts.extend(_name(self._take()[1]))
        return parts

    def _pair(self, table: Path) -> None:
        line = self._tokens[self._next][0]
        path = (*table, *self._key())
        self._lines[path] = line
        self._take()  # =
        self._value(path)

    def _value(self, path: Path) -> None:
        line, sign = self._take()
        self._lines.setdefault(path, line)
        if sign == "[":
            self._items(path)
        elif sign == "{":
            while self._peek() != "}":
                self._pair(path)
                if self._peek() == ",":
                    self._take()
            self._take()
        else:
            while self._peek() not in ("", "\n", ",", "]", "}"):
                self._take()

    def _items(self, path: Path) -> None:
        index = 0
        self._skip_newlines()
        while self._peek() != "]":
            self._value((*path, index))
            index += 1
            self._skip_newlines()
            if self._peek() == ",":
                self._take()
            self._skip_newlines()
        self._take()


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "space":
            yield line, match.group()
        line += match.group().count("\n")


def _name(token: str) -> list[str]:
    """The parts of a key: a quoted one is one part, a bare one may hold dots."""
    if token[0] == '"':
        return [json.loads(token)]
    return [token.strip("'")] if token[0] == "'" else [part for part in token.split(".") if part]


def _step(here: Any, name: str) -> str | int | None:
    if isinstance(here, Mapping):
        return name if name in here else None
    if not isinstance(here, list):
        return None
    for index, row in enumerate(here):
        if isinstance(row, Mapping) and str(row.get("code", "")).strip() == name:
            return index
    return int(name) if name.isdecimal() and int(name) < len(here) else None


# ------------------------------------------------------------------------------- writing

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH = 100


def dump(values: Mapping[str, Any]) -> str:
    """TOML of typed values (`document.typed`); reading it again gives the same document."""
    order = _order_of_names(values)
    simple: list[str] = []
    tables: list[str] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            tables.append(f"[{key}]\n{_pairs(value, order)}")
        elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
            tables.extend(f"[[{key}]]\n{_pairs(row, order)}" for row in value)
        else:
            simple.append(f"{key} = {_value(value, order)}\n")
    return "\n".join(["".join(simple), *tables])


def _order_of_names(values: Mapping[str, Any]) -> dict[str, int]:
    """Where grades, categories and options stand in the plan: a table of them (grade → total) is written in that order.

    A database need not keep the order in which a table was written, and it says nothing.
    """
    names = [*values.get("grades", ()), *values.get("categories", ())]
    names += [option.get("title", "") for row in values.get("indicators", ()) for option in row.get("options", ())]
    return {name: place for place, name in enumerate(dict.fromkeys(names))}


def _pairs(table: Mapping[str, Any], order: Mapping[str, int]) -> str:
    return "".join(f"{_bare(key)} = {_value(value, order)}\n" for key, value in table.items())


def _bare(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any, order: Mapping[str, int]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        keys = sorted(value, key=order.__getitem__) if all(key in order for key in value) else list(value)
        return "{ " + ", ".join(f"{_bare(key)} = {_value(value[key], order)}" for key in keys) + " }" if keys else "{}"
    if isinstance(value, list):
        items = [_value(item, order) for item in value]
        short = f"[{', '.join(items)}]"
        has_rows = any(isinstance(item, Mapping) for item in value)
        if not has_rows and len(short) <= _WIDTH:
            return short
        return "[\n" + "".join(f"  {item},\n" for item in items) + "]"
    return _text(str(value))
