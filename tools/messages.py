"""The Chinese catalogue, without GNU gettext.

    tools/messages.py update           take the texts of the sources into the catalogue
    tools/messages.py missing          print what is untranslated, as JSON ready to fill in
    tools/messages.py translate FILE   merge such a JSON file: {"msgid": "msgstr", ...}
    tools/messages.py prune            drop texts that no source uses any more
    tools/messages.py compile          write the .mo file that Django reads
    tools/messages.py check            fail if anything is untranslated, stale or inconsistent

In JSON a context stands before its text, with U+0004 between them: "month name\\u0004May"; a text
with a plural is found by its singular. The catalogue is written by one process at a time.
"""

import argparse
import contextlib
import fcntl
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = "zh_Hans"
PYTHON_ROOTS = ("appraisal_site", "units", "indicators", "reviews", "scoring", "reports")
TEMPLATE_SUFFIXES = {".html", ".txt"}
CONTEXT_MARK = "\x04"
HEADER = "# Simplified Chinese. Written by tools/messages.py: change it through that tool only."
# Dates would change the file with every run; the others hold Babel's sample values.
DROPPED_HEADERS = tuple(
    f'"{name}'.encode()
    for name in (
        "POT-Creation",
        "PO-Revision",
        "Generated-By",
        "Report-Msgid",
        "Last-T",
        "Language-T",
    )
)

SINGLE: Any = None
PLURAL = (1, 2)
IN_CONTEXT = ((1, "c"), 2)
PLURAL_IN_CONTEXT = ((1, "c"), 2, 3)
KEYWORDS: dict[str, Any] = {
    "_": SINGLE,
    "gettext": SINGLE,
    "gettext_lazy": SINGLE,
    "gettext_noop": SINGLE,
    "ngettext": PLURAL,
    "ngettext_lazy": PLURAL,
    "pgettext": IN_CONTEXT,
    "pgettext_lazy": IN_CONTEXT,
    "npgettext": PLURAL_IN_CONTEXT,
    "npgettext_lazy": PLURAL_IN_CONTEXT,
}
PLACEHOLDER = re.compile(r"%%|%\((\w+)\)[#0\- +]?\d*(?:\.\d+)?[a-z]|%[a-z]|\{\w*(?:![rsa])?\}", re.IGNORECASE)


class Problem(Exception):
    """A sentence for the person at the keyboard."""


# Sources → template ---------------------------------------------------------------------------


def sources(root: Path) -> Iterator[Path]:
    for name in PYTHON_ROOTS:
        for path in sorted((root / name).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path
    for folder in ("templates", *(f"{name}/templates" for name in PYTHON_ROOTS)):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in TEMPLATE_SUFFIXES:
                yield path


def as_python(path: Path) -> IO[bytes]:
    """The file as Python source; of a template, Django leaves the calls and blanks out the rest."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Indentation of the page is not indentation of Python.
        calls = templatize(text, origin=str(path))
        text = "\n".join(line.lstrip() for line in calls.splitlines())
    return io.BytesIO(text.encode())


def collect(root: Path) -> Catalog:
    """A catalogue of what the sources say now, untranslated."""
    template = Catalog(locale=LOCALE)
    for path in sources(root):
        origin = path.relative_to(root).as_posix()
        try:
            found = list(extract("python", as_python(path), KEYWORDS, options={"encoding": "utf-8"}))
        except (SyntaxError, UnicodeError, ValueError) as error:
            raise Problem(f"{origin}: texts cannot be taken from this file: {error}") from error
        for _line, message, _comments, context in found:
            # Line numbers would change half the catalogue with every commit.
            template.add(message, locations=[(origin, 0)], context=context)
    return template


# The catalogue file ---------------------------------------------------------------------------


def catalogue_path(root: Path) -> Path:
    return root / "locale" / LOCALE / "LC_MESSAGES" / "django.po"


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    (root / "locale").mkdir(exist_ok=True)
    with (root / "locale" / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def read(root: Path) -> Catalog:
    path = catalogue_path(root)
    if not path.exists():
        return Catalog(locale=LOCALE, fuzzy=False)
    with path.open("rb") as handle:
        return read_po(handle, locale=LOCALE, abort_invalid=True)


def replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


def write(root: Path, catalogue: Catalog) -> None:
    catalogue.header_comment = HEADER
    catalogue.fuzzy = False
    catalogue.project, catalogue.version = "Kaoping", "1"
    buffer = io.BytesIO()
    write_po(buffer, catalogue, sort_output=True, include_lineno=False, width=100)
    lines = buffer.getvalue().splitlines(keepends=True)
    replace(
        catalogue_path(root),
        b"".join(line for line in lines if not line.startswith(DROPPED_HEADERS)),
    )


def key(message: Message) -> tuple[str | None, str]:
    """What gettext looks a message up by: context and singular."""
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def messages(catalogue: Catalog) -> dict[tuple[str | None, str], Message]:
    return {key(message): message for message in catalogue if message.id}


def merge(template: Catalog, known: Catalog) -> Catalog:
    """The template with the known translations; what is no longer used becomes obsolete."""
    old = {key(message): message for message in known.obsolete.values()} | messages(known)
    result = Catalog(locale=LOCALE, fuzzy=False)
    for found in messages(template).values():
        before = old.pop(key(found), None)
        kept = before is not None and isinstance(before.id, str) == isinstance(found.id, str)
        result.add(
            found.id,
            before.string if before is not None and kept else None,
            locations=found.locations,
            flags=(before.flags & {"fuzzy"}) if before is not None else (),
            context=found.context,
        )
    for message in old.values():
        if is_translated(message):
            result.obsolete[message.id] = message  # type: ignore[index]
    return result


# What may be wrong with an entry --------------------------------------------------------------


def forms(value: Any) -> list[str]:
    return [value or ""] if isinstance(value, str) or value is None else [form or "" for form in value]


def is_translated(message: Message) -> bool:
    return all(form.strip() for form in forms(message.string))


def placeholders(text: str) -> set[str]:
    return {found.group() for found in PLACEHOLDER.finditer(text)} - {"%%"}


def stray_percent(text: str) -> bool:
    return "%" in PLACEHOLDER.sub("", text)


def inconsistency(message: Message) -> str | None:
    """Why a translation would break or lose something on the page, or None."""
    # Chinese has one plural form; it stands for the English plural.
    source = forms(message.id)[-1]
    for form in forms(message.string):
        if placeholders(form) != placeholders(source):
            wanted = ", ".join(sorted(placeholders(source))) or "none"
            return f"placeholders differ, expected {wanted}"
        # A text that is filled in with % breaks on a single per cent sign.
        if PLACEHOLDER.search(source) and stray_percent(form) and not stray_percent(source):
            return "a per cent sign is written %%"
        if source.startswith("\n") != form.startswith("\n"):
            return "a line break at the start differs"
    return None


def label(message: Message) -> str:
    context, text = key(message)
    where = ", ".join(sorted({origin for origin, _line in message.locations}))
    prefix = f"({context}) " if context else ""
    return f"{prefix}{text!r} [{where}]"


# Commands -------------------------------------------------------------------------------------


def update(root: Path) -> Catalog:
    catalogue = merge(collect(root), read(root))
    write(root, catalogue)
    return catalogue


def missing(root: Path) -> int:
    entries: dict[str, str] = {}
    for (context, text), message in messages(merge(collect(root), read(root))).items():
        if not is_translated(message) or message.fuzzy:
            entries[f"{context}{CONTEXT_MARK}{text}" if context else text] = ""
    print(json.dumps(entries, ensure_ascii=False, indent=1, sort_keys=True))
    return 0


def translate(root: Path, file: Path) -> int:
    try:
        pairs = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Problem(f"{file}: not a readable JSON file: {error}") from error
    if not isinstance(pairs, dict):
        raise Problem(f'{file}: expected {{"msgid": "msgstr", ...}}')
    refused = []
    with locked(root):
        catalogue = merge(collect(root), read(root))
        known = messages(catalogue)
        for name, value in pairs.items():
            context, mark, text = name.rpartition(CONTEXT_MARK)
            message = known.get((context if mark else None, text))
            if not isinstance(value, str) or not value.strip():
                refused.append(f"{name!r}: the translation is empty or not a text")
            elif message is None:
                refused.append(f"{name!r}: no source says this")
            else:
                before, message.string = (
                    message.string,
                    (value if isinstance(message.id, str) else (value,)),
                )
                if problem := inconsistency(message):
                    message.string = before
                    refused.append(f"{name!r}: {problem}")
                else:
                    message.flags.discard("fuzzy")
        write(root, catalogue)
    print(f"{len(pairs) - len(refused)} of {len(pairs)} translations taken.")
    for line in refused:
        print(f"Not taken: {line}", file=sys.stderr)
    return 1 if refused else 0


def prune(root: Path) -> int:
    with locked(root):
        catalogue = merge(collect(root), read(root))
        catalogue.obsolete.clear()
        write(root, catalogue)
    return 0


def compile_catalogue(root: Path) -> int:
    buffer = io.BytesIO()
    with locked(root):
        write_mo(buffer, read(root))
        replace(catalogue_path(root).with_suffix(".mo"), buffer.getvalue())
    return 0


def problems(root: Path) -> list[str]:
    """Everything that `check` complains about, one line each."""
    catalogue, template = read(root), collect(root)
    stored, said = messages(catalogue), messages(template)
    found = [f"not in the catalogue: {label(said[entry])}" for entry in said.keys() - stored.keys()]
    found += [f"stale: {label(stored[entry])}" for entry in stored.keys() - said.keys()]
    found += [f"stale: {label(message)}" for message in catalogue.obsolete.values()]
    for entry in stored.keys() & said.keys():
        message = stored[entry]
        if forms(message.id) != forms(said[entry].id):
            found.append(f"plural changed: {label(said[entry])}")
        elif not is_translated(message):
            found.append(f"untranslated: {label(said[entry])}")
        elif message.fuzzy:
            found.append(f"fuzzy: {label(said[entry])}")
        elif problem := inconsistency(message):
            found.append(f"{problem}: {label(said[entry])}")
    return sorted(found)


def check(root: Path) -> int:
    found = problems(root)
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print("Mend with tools/messages.py update, missing, translate, prune.", file=sys.stderr)
    return 1 if found else 0


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="tools/messages.py")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("update", "missing", "prune", "compile", "check"):
        commands.add_parser(name)
    commands.add_parser("translate").add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.command == "update":
            with locked(root):
                update(root)
            return 0
        if options.command == "translate":
            return translate(root, options.file)
        run = {"missing": missing, "prune": prune, "compile": compile_catalogue, "check": check}
        return run[options.command](root)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
