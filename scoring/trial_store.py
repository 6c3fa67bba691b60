"""Trials that were computed are kept in the cache for a while, so that sorting and paging do not compute again.

A kept trial is thrown away by itself: its name holds everything that it follows from. The lines, which every page
needs, are kept apart from what moved each subject, which only an opened line needs, some hundreds of subjects together.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.core.cache import cache

from .engine import ENGINE_VERSION
from .trial import Trial, Why

SHAPE = 1  # goes up with every change of what a trial holds
TOGETHER = 1000  # subjects whose reasons are kept as one entry
SECONDS = 3600


class KeptTrial:
    """The trial that follows from `parts`, computed when it is needed and not kept any more."""

    def __init__(self, parts: dict[str, Any], compute: Callable[[], Trial]) -> None:
        text = json.dumps([SHAPE, ENGINE_VERSION, parts], sort_keys=True, ensure_ascii=False)
        self.name = f"trial:{hashlib.sha256(text.encode()).hexdigest()}"
        self.compute = compute

    def trial(self) -> Trial:
        """The trial without its reasons (`whys`)."""
        found = cache.get(self.name)
        return found if isinstance(found, Trial) else replace(self._computed(), whys=())

    def why(self, place: int) -> Why:
        """What moved the subject at this place of the lines. IndexError where there is none."""
        part, rest = divmod(place, TOGETHER)
        found = cache.get(f"{self.name}:{part}")
        if found is None:
            return self._computed().whys[place]
        why: Why = found[rest]
        return why

    def _computed(self) -> Trial:
        trial = self.compute()
        for start in range(0, len(trial.whys), TOGETHER):
            cache.set(f"{self.name}:{start // TOGETHER}", trial.whys[start : start + TOGETHER], SECONDS)
        cache.set(self.name, replace(trial, whys=()), SECONDS)
        return trial
