"""Windows in Chromium for the journeys that need nothing else of the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .screen import Screen


@pytest.fixture
def screens(chromium: Any, live_server: Any) -> Iterator[Any]:
    """`screens(390, has_touch=True)` opens a window of that width, with options of a browser context."""
    opened: list[Screen] = []

    def open_window(width: int = 390, **options: Any) -> Screen:
        opened.append(Screen(chromium, live_server.url, width, **options))
        return opened[-1]

    yield open_window
    for screen in opened:
        screen.page.context.close()
