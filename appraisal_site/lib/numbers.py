"""Numbers as forms and addresses bring them."""

from __future__ import annotations


def as_id(text: str) -> int | None:
    """A key of a row as a form or an address gives it; nothing for what no column can hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
