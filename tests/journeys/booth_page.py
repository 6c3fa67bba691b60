"""Voting in Chromium: windows, scanning a slip, choosing, and what axe-core says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from .screen import Screen

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"has_touch": True, "is_mobile": True}
RECEIPT = "[data-receipt]:visible"


def scan(screen: Screen, code: str, page: Any = None) -> Any:
    """Follow a slip's QR code."""
    page = page or screen.page
    page.goto(f"{screen.address}/vote/#{code}")
    page.wait_for_selector("#ballot, [data-in]")
    return page


def rated(page: Any, done: int, of: int) -> None:
    expect(page.locator("[data-progress]")).to_have_text(f"已评 {done} / {of}")


def button(place: Any, words: str) -> Any:
    return place.locator("label, .kb-quick button").filter(has_text=re.compile(f"^{words}$"))


def choose(page: Any, at: int, words: str) -> None:
    button(page.locator(".kb-q").nth(at), words).click()


def drafted(page: Any, answers: int) -> None:
    """Waits until the device keeps a draft of so many answers and comments."""
    page.wait_for_function(
        """answers => Object.values({...localStorage}).some((kept) => {
          try { return Object.keys(JSON.parse(kept).values ?? {}).length === answers; } catch { return false; }
        })""",
        arg=answers,
    )


def looks(page: Any) -> list[str]:
    """What axe-core finds wrong with the page as it stands."""
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        "async () => (await axe.run()).violations.map(v => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`)"
    )
    return list(found)
