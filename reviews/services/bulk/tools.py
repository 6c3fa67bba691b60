"""Small helpers of bulk writing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

# SQLite takes at most 999 parameters per statement by Django's reckoning; PostgreSQL many more.
BATCH = 2000
DELETES = 500


def chunks(items: Iterable[Any], size: int) -> Iterable[list[Any]]:
    """The items in lists of at most `size`."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def delete_rows(model: type[Model], ids: Iterable[Any]) -> None:
    """Delete these rows, some hundreds per statement."""
    for batch in chunks(ids, DELETES):
        model._default_manager.filter(pk__in=batch).delete()
