"""The heads of the circular's columns."""

from __future__ import annotations

from django.utils.translation import gettext_lazy, pgettext_lazy

COLUMNS = {
    "items": gettext_lazy("Problems"),
    "struck_off": pgettext_lazy("circular", "Struck off"),
    "in_time": gettext_lazy("of these in time"),
    "open": gettext_lazy("Not settled"),
    "waiting": gettext_lazy("of these to be verified"),
    "overdue": gettext_lazy("of these overdue"),
}


def column_words() -> list[str]:
    return [str(words) for words in COLUMNS.values()]
