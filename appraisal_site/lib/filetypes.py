"""What a file is, by its content. Its name is what somebody wants it to be, and proves nothing.

Nothing is unpacked: of an archive only the table of contents is read, and only if it is of a modest size.
"""

from __future__ import annotations

import codecs
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise
CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class FileType:
    """`extensions` may stand for it; none: such a file is never taken. `inline`: a browser may show it."""

    words: Words
    extensions: tuple[str, ...] = ()
    inline: bool = False


PDF = FileType("PDF", ("pdf",), inline=True)
JPEG = FileType("JPEG", ("jpg", "jpeg"), inline=True)
PNG = FileType("PNG", ("png",), inline=True)
WEBP = FileType("WebP", ("webp",), inline=True)
DOCX = FileType(_("Word document (.docx)"), ("docx",))
XLSX = FileType(_("Excel workbook (.xlsx)"), ("xlsx",))
PPTX = FileType(_("presentation (.pptx)"), ("pptx",))
OFD = FileType(_("OFD document"), ("ofd",))
TEXT = FileType(_("plain text"), ("txt",))
# Known, so that a refusal can name them.
ARCHIVE = FileType(_("archive (zip)"))
MACROS = FileType(_("Office file with macros"))
PROTECTED = FileType(_("Office file with a password"))
PROGRAM = FileType(_("program"))

MEDIA_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "wps": "application/vnd.ms-works",
    "et": "application/octet-stream",
    "dps": "application/octet-stream",
    "ofd": "application/ofd",
    "txt": "text/plain",
}
_SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", PNG),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"#!", PROGRAM),
)
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARTS = (("word/document.xml", DOCX), ("xl/workbook.xml", XLSX), ("ppt/presentation.xml", PPTX), ("OFD.xml", OFD))
# The stream that each kind of an old Office or WPS file holds.
_STREAMS = {"WordDocument": ("doc", "wps"), "Workbook": ("xls", "et"), "Book": ("xls", "et")} | {
    "PowerPoint Document": ("ppt", "dps")
}
_LARGEST_DIRECTORY = 2 * 1024 * 1024
_BREAKS = frozenset("\t\n\f\r")


def detect(file: IO[bytes]) -> FileType | None:
    """What the file's content is, or None if it is none of the kinds known here."""
    file.seek(0)
    head = file.read(64)
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(_ZIP):
        return _zip(file)
    if head.startswith(_OLE):
        return _ole(file)
    return TEXT if _is_text(file, "utf-8-sig") or _is_text(file, "gb18030") else None


def _zip(file: IO[bytes]) -> FileType | None:
    if not _directory_is_modest(file):
        return ARCHIVE
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    if any(name.endswith("vbaProject.bin") for name in names):
        return MACROS
    found = [kind for part, kind in _PARTS if part in names]
    # A file that is two of them at once is none of them.
    return found[0] if len(found) == 1 else ARCHIVE


def _directory_is_modest(file: IO[bytes]) -> bool:
    """Whether the archive's table of contents, by its own word, can be read without fear for the memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or place + 22 > len(tail):
        return True  # no end record: zipfile finds that out without reading much
    return int.from_bytes(tail[place + 12 : place + 16], "little") <= _LARGEST_DIRECTORY


def _ole(file: IO[bytes]) -> FileType | None:
    streams = {name: name.encode("utf-16-le") + b"\0\0" for name in (*_STREAMS, "_VBA_PROJECT", "EncryptedPackage")}
    found: set[str] = set()
    before = b""
    for chunk in _chunks(file):
        window = before + chunk
        found |= {name for name, sign in streams.items() if sign in window}
        before = window[-64:]
    if "_VBA_PROJECT" in found:
        return MACROS
    if "EncryptedPackage" in found:
        return PROTECTED
    extensions = tuple(one for name, several in _STREAMS.items() if name in found for one in several)
    return FileType(_("Office file (97–2003) or WPS file"), extensions) if extensions else None


def _is_text(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    empty = True
    try:
        for chunk in (*_chunks(file), b""):
            text = decoder.decode(chunk, final=not chunk)
            empty = empty and not text
            if any((sign < " " and sign not in _BREAKS) or "\x7f" <= sign <= "\x9f" for sign in text):
                return False
    except UnicodeDecodeError:
        return False
    return not empty


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk
