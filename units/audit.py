"""Writing the audit trail. Services call `record`; nothing else writes it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import models

from appraisal_site.lib.fields import canonical

from .models import AuditEntry, User


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return canonical(value) if isinstance(value, Decimal) else str(value)


def entry(
    actor: User | None,
    action: str,
    target: models.Model,
    *,
    label: str = "",
    changes: Mapping[str, tuple[Any, Any]] | None = None,
    round_id: int | None = None,
    reason: str = "",
) -> AuditEntry:
    """An unsaved audit entry, for bulk_create. Only fields whose value differs are kept in `changes`."""
    kept = {name: [_text(before), _text(after)] for name, (before, after) in (changes or {}).items() if before != after}
    return AuditEntry(
        actor=actor,
        action=action,
        target=target._meta.label_lower,
        target_id=str(target.pk),
        label=(label or str(target))[:240],
        changes=kept,
        round_id=round_id,
        reason=reason[:500],
    )


def record(actor: User | None, action: str, target: models.Model, **kwargs: Any) -> AuditEntry:
    """Write one audit entry (see `entry`)."""
    written = entry(actor, action, target, **kwargs)
    written.save()
    return written
