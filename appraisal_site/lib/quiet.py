"""Keeps the voters' pages out of the logs: a line with a time and an address would say who voted when."""

from __future__ import annotations

import logging

PAGES = "/vote/"


class NotOfVotes(logging.Filter):
    """Lets pass what does not speak of those pages, and failures of the service itself, which carry no request."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR or PAGES not in record.getMessage()
