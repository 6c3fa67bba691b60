"""Saying no: 403 for a page someone may not use, 404 for an object someone may not know of."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404


def require(allowed: bool) -> None:
    """Raise PermissionDenied (403, a plain page) unless `allowed`, the answer of a predicate."""
    if not allowed:
        raise PermissionDenied


def require_known(allowed: bool) -> None:
    """Raise Http404 unless `allowed`: for an object whose very existence is not for everyone."""
    if not allowed:
        raise Http404
