"""A desk at which score sheets are filled in as files: a round, its assessor, and what a clerk does in Excel."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.urls import reverse

from indicators import plan_file
from indicators.services import import_plan
from reports.models import OfflineCell, OfflineUpload
from reports.offline.layout import GRID
from reviews.models import Round
from reviews.queries.keystroke import light_round
from reviews.queries.sheet import grid_of
from reviews.queries.sheet_cells import cells_of_grid
from reviews.services.rounds import NewSubject, open_round
from reviews.services.sheet import Wish, save_cells
from tests.factories import client_for, make_unit, make_user
from units.models import Role, User

PLAN = """
code = "offline"
title = "小方案"
subjects = "units"
period = "year"
categories = ["甲类", "乙类"]
grades = ["好", "差"]
EXTRA
[[indicators]]
code = "R"
title = "总分"
points = 120

[[indicators]]
code = "M"
parent = "R"
title = "日常工作"
points = 10
method = "marks"
assessors = ["甲局"]

[[indicators]]
code = "J"
parent = "R"
title = "共同评价"
points = 20
method = "marks"
assessors = ["甲局", "乙局"]

[[indicators]]
code = "G"
parent = "R"
title = "指标组"
points = 60

[[indicators]]
code = "A"
parent = "G"
title = "招商引资"
points = 40
method = "attainment"
assessors = ["甲局"]

[[indicators]]
code = "N"
parent = "G"
title = "办结率"
points = 20
method = "ratio_to_best"
assessors = ["甲局"]

[[indicators]]
code = "O"
parent = "R"
title = "综合考评"
points = 30
method = "marks"

[[rules]]
rule = "thresholds"
minimums = { "好" = 60 }
otherwise = "差"
"""


class Sheet:
    """A score sheet as somebody has it open in Excel; a column is named by code and word, as “M 得分”."""

    def __init__(self, content: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(content))
        self.grid = self.book[GRID]

    @property
    def heads(self) -> dict[str, int]:
        return {" ".join(str(cell.value or "").split()): cell.column for cell in self.grid[3]}

    def row(self, code: str) -> int:
        return next(row for row in range(4, self.grid.max_row + 1) if str(self.grid.cell(row, 1).value) == code)

    def cell(self, code: str, head: str) -> Any:
        return self.grid.cell(self.row(code), self.heads[head])

    def put(self, code: str, head: str, value: Any) -> str:
        """Fill a cell in; gives its name."""
        cell = self.cell(code, head)
        cell.value = value
        return str(cell.coordinate)

    def content(self) -> bytes:
        file = io.BytesIO()
        self.book.save(file)
        return file.getvalue()


class Desk:
    """甲局 marks M and, with 乙局, J; it enters the figures of A and N. O is the office's."""

    def __init__(self, extra: str = "", subjects: int = 3, *, own: bool = False, name: str = "2026") -> None:
        """`extra`: lines of the plan. `own`: the first subject is 甲局 itself."""
        self.units = {title: make_unit(title) for title in ("甲局", "乙局")}
        version, _new = import_plan(document=plan_file.load(PLAN.replace("EXTRA", extra)), by=None)
        rows = [
            NewSubject(
                f"00{number}" if number < 10 else f"0{number}",
                f"对象{number}",
                ("甲类", "乙类")[number % 2],
                unit=self.units["甲局"] if own and number == 1 else None,
            )
            for number in range(1, subjects + 1)
        ]
        self.round: Round = open_round(
            version=version, name=name, title=f"{name}年度考核", deadline=None, subjects=rows, by=None
        )
        self.subjects = list(self.round.subjects.order_by("order"))
        self.user = make_user(Role.ASSESSOR, self.units["甲局"], name="张一")
        self.colleague = make_user(Role.ASSESSOR, self.units["甲局"], name="李二")
        self.client = client_for(self.user)

    def url(self, name: str = "offline", *args: Any) -> str:
        return reverse(f"reports:{name}", args=[self.round.pk, *args])

    def of(self, code: str, assessor: str = "甲局") -> Any:
        return self.round.assignments.get(indicator=code, assessor=assessor)

    # ------------------------------------------------------------------ in the browser

    def enter(self, code: str, subject: str, value: str = "", note: str = "", *, by: User | None = None, **more: Any):
        """Somebody enters a cell in the browser; whatever stood there is written over."""
        user = User.objects.get(pk=(by or self.colleague).pk)
        round_ = light_round(self.round.pk)
        grid = grid_of(user, round_)
        one = self.of(code, more.pop("assessor", "甲局"))
        pk = self.round.subjects.get(code=subject).pk
        part = more.get("part", "")
        key = f"{pk}:{one.pk}" + (f":{part}" if part else "")
        seen = cells_of_grid(grid).get(key, {}).get("seen", "")
        [answer] = save_cells(grid=grid, wishes=[Wish(one.pk, pk, value, note=note, seen=seen, **more)], by=user)
        assert answer.error is None, answer.error
        return answer

    def pair(self, subject: str, target: str, actual: str) -> None:
        user = User.objects.get(pk=self.colleague.pk)
        grid = grid_of(user, light_round(self.round.pk))
        one, pk = self.of("A"), self.round.subjects.get(code=subject).pk
        wishes = [Wish(one.pk, pk, target, part="target"), Wish(one.pk, pk, actual, part="actual")]
        assert [answer.error for answer in save_cells(grid=grid, wishes=wishes, by=user)] == [None, None]

    # ------------------------------------------------------------------ as a file

    def download(self, client: Any = None, url: str = "") -> Sheet:
        response = (client or self.client).get(url or self.url("offline_mine"))
        assert response.status_code == 200
        return Sheet(b"".join(response.streaming_content))

    def post(self, content: bytes | Sheet, name: str = "评分表.xlsx", client: Any = None) -> Any:
        data = content.content() if isinstance(content, Sheet) else content
        with TestCase.captureOnCommitCallbacks(execute=True):
            return (client or self.client).post(self.url(), {"file": SimpleUploadedFile(name, data)})

    def upload(self, content: bytes | Sheet | Path, client: Any = None) -> OfflineUpload:
        """Upload a file and have it read."""
        response = self.post(content.read_bytes() if isinstance(content, Path) else content, client=client)
        assert response.status_code == 302, response.content.decode()
        return OfflineUpload.objects.latest("pk")

    def act(self, upload: OfflineUpload, do: str, client: Any = None, **fields: str) -> OfflineUpload:
        """Press a button of the preview, and have done what it starts."""
        with TestCase.captureOnCommitCallbacks(execute=True):
            url = self.url("offline_upload", upload.pk)
            response = (client or self.client).post(url, {"do": do, **fields})
        assert response.status_code == 302
        upload.refresh_from_db()
        return upload

    def page(self, upload: OfflineUpload, query: str = "") -> str:
        response = self.client.get(self.url("offline_upload", upload.pk) + query)
        assert response.status_code == 200
        return str(response.content.decode())


def groups(upload: OfflineUpload) -> dict[str, list[str]]:
    """Group → the cells of the file that are in it."""
    found: dict[str, list[str]] = {}
    for group, place in upload.cells.order_by("number").values_list("group", "place"):
        found.setdefault(group, []).append(place)
    return found


def only(upload: OfflineUpload) -> OfflineCell:
    return upload.cells.get()
