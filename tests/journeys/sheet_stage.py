"""The stage of the score sheet's journeys: a plan of twelve leaves that one office marks, and its grid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse

from indicators import plan_file
from indicators.services import import_plan
from reviews.models import Mark, Round
from reviews.services.rounds import NewSubject, open_round
from tests.factories import make_unit, make_user
from units.models import Role, Unit, User

from .screen import Screen
from .stage import PASSWORD

OFFICE = "督查考核科"
GROUPS = ("A", "B", "C")
LEAVES = [f"{group}{number}" for group in GROUPS for number in range(1, 5)]
HEAD = """code = "grid"
title = "表格录入考核"
source = "考核方案"
subjects = "units"
period = "year"
decimals = 2
categories = ["党群机关", "政府部门"]
grades = ["优秀", "合格"]

[[indicators]]
code = "R"
title = "总分"
points = 120
"""
GROUP = '\n[[indicators]]\ncode = "{0}"\nparent = "R"\ntitle = "{0}类工作"\npoints = 40\n'
LEAF = (
    '\n[[indicators]]\ncode = "{0}"\nparent = "{1}"\ntitle = "第{2}项"\npoints = 10\n'
    'method = "marks"\nassessors = ["{3}"]\n'
)


def plan_text(*, notes_required: bool = False) -> str:
    parts = [HEAD.replace("decimals = 2", "decimals = 2\nnotes_required = true") if notes_required else HEAD]
    for group in GROUPS:
        parts.append(GROUP.format(group))
        parts += [LEAF.format(code, group, code[1:], OFFICE) for code in LEAVES if code.startswith(group)]
    return "".join(parts)


class Stage:
    """One round with so many subjects, and the account that marks all twelve leaves."""

    def __init__(self, subjects: int = 5, *, notes_required: bool = False) -> None:
        self.unit = make_unit(OFFICE)
        version, _new = import_plan(document=plan_file.load(plan_text(notes_required=notes_required)), by=None)
        units = Unit.objects.bulk_create(
            Unit(code=f"N{number:04}", name=f"被考核单位{number}", order=number + 100)
            for number in range(1, subjects + 1)
        )
        rows = [
            NewSubject(f"{number:04}", unit.name, ("党群机关", "政府部门")[number % 2], unit=unit)
            for number, unit in enumerate(units, start=1)
        ]
        self.round: Round = open_round(
            version=version, name="2020", title="表格录入", deadline=None, subjects=rows, by=None
        )
        self.subjects = list(self.round.subjects.order_by("order", "code"))
        self.user = self.account("clerk-1", "赵一")

    def account(self, username: str, name: str, role: Role = Role.ASSESSOR) -> User:
        user = make_user(role, self.unit if role == Role.ASSESSOR else None, username=username, name=name)
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
        return user

    @property
    def address(self) -> str:
        return reverse("reviews:score_sheet", args=[self.round.pk])

    def stored(self) -> dict[tuple[str, str], str]:
        """(subject's code, leaf) → mark, as the database holds it."""
        marks = Mark.objects.filter(subject__round=self.round).values_list("subject__code", "indicator", "value")
        return {(subject, leaf): f"{Decimal(value).normalize():f}" for subject, leaf, value in marks}

    def expected(self, values: Sequence[Sequence[str]]) -> dict[tuple[str, str], str]:
        return {
            (self.subjects[row].code, leaf): value
            for row, line in enumerate(values)
            for leaf, value in zip(LEAVES, line, strict=False)
        }


class Grid:
    """The grid in a window, as a hand and an eye have it."""

    def __init__(self, screen: Screen, stage: Stage) -> None:
        self.screen, self.page, self.stage = screen, screen.page, stage
        self.asked: list[str] = []
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        self.asked.append(dialog.type)
        dialog.accept()

    def open(self) -> Grid:
        self.page.goto(self.screen.address + self.stage.address)
        self.page.wait_for_selector("#sheet[data-ready=yes]")
        return self

    def reload(self) -> Grid:
        self.page.reload()
        self.page.wait_for_selector("#sheet[data-ready=yes]")
        return self

    def keys(self, *names: str) -> None:
        for name in names:
            self.page.keyboard.press(name)

    def type(self, *texts: str, after: str = "Tab") -> None:
        for text in texts:
            self.page.keyboard.type(text)
            self.page.keyboard.press(after)

    def at(self, row: int, leaf: str) -> None:
        """Click a cell."""
        self.cell(row, leaf).click()

    def key(self, row: int, leaf: str) -> str:
        assignment = self.stage.round.assignments.get(indicator=leaf)
        return f"{self.stage.subjects[row].pk}:{assignment.pk}"

    def cell(self, row: int, leaf: str) -> Any:
        return self.page.locator(f"#sheet-grid [data-key='{self.key(row, leaf)}']")

    def shows(self, row: int, leaf: str) -> str:
        return str(self.cell(row, leaf).inner_text()).strip()

    def take_paste(self) -> None:
        """Enter in the paste's dialog. It is told to the page a moment later: this waits for the first request."""
        with self.page.expect_request(lambda request: request.method == "POST"):
            self.keys("Enter")

    def saved(self, timeout: float = 30_000) -> None:
        """Waits until nothing is on its way."""
        self.page.wait_for_function("() => !KaopingSheet.sheet.queue.waiting().length", timeout=timeout)

    def has(self, row: int, leaf: str, name: str) -> None:
        """Waits until the cell has this look."""
        key = json.dumps(f"[data-key='{self.key(row, leaf)}'].{name}")
        self.page.wait_for_function(f"() => document.querySelector({key})")

    def says(self, selector: str, words: str) -> None:
        self.page.locator(f"{selector}:has-text('{words}')").first.wait_for(state="visible")

    def clipboard(self, text: str | None = None) -> str:
        if text is None:
            return str(self.page.evaluate("navigator.clipboard.readText()"))
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        return text
