"""A score sheet as a file, at the size of a province: 5,000 subjects × 12 leaves, out, filled in, in again, saved.

Everything is made up, in a folder and a database of its own (DATABASE_URL: an empty database). Ends with status 1 if a
mark of the file is not in the database afterwards, or an upload that asks for nothing finds something to save.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SUBJECTS, LEAVES = 5_000, 12


@contextmanager
def measured(words: str) -> Iterator[None]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    start = time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as queries:
        yield
    seconds, cores = time.perf_counter() - start[0], time.process_time() - start[1]
    print(f"{words:<44} {seconds:6.2f} s {cores:6.2f} core s {len(queries):6d} queries", flush=True)


def plan() -> dict[str, Any]:
    leaves = [
        {
            "code": f"A{n}",
            "parent": "A",
            "title": f"指标{n}",
            "points": "10",
            "method": "marks",
            "assessors": [{"name": "甲局"}],
        }
        for n in range(LEAVES)
    ]
    root = {"code": "A", "title": "总分", "points": str(10 * LEAVES)}
    return {
        "code": "offline",
        "title": "离线评分",
        "subjects": "units",
        "period": "year",
        "grades": ["合格", "不合格"],
        "indicators": [root, *leaves],
        "rules": [],
    }


def fill(path: Path, out: Path) -> None:
    """A mark and a note in every cell, as somebody types them."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    sheet = book["评分表"]
    heads = [str(cell.value or "") for cell in sheet[3]]
    for number, row in enumerate(sheet.iter_rows(min_row=4)):
        for place, cell in enumerate(row):
            if "得分" in heads[place]:
                cell.value = (number * 7 + place) % 1001 / 100
            elif "说明" in heads[place]:
                cell.value = f"第{number % 9}类情况，已核实"
    book.save(out)


def run(folder: Path) -> bool:
    from django.conf import settings
    from django.core.files.uploadedfile import SimpleUploadedFile

    from indicators.services import import_plan
    from reports.models import OfflineUpload
    from reports.offline import uploads
    from reports.offline.write import write_own_book
    from reviews.models import Mark
    from reviews.services.rounds import NewSubject, open_round
    from units.models import Role, RoleGrant, Unit, User

    unit = Unit.objects.create(code="A", name="甲局", order=1)
    user = User.objects.create(username="a", name="张一")
    RoleGrant.objects.create(user=user, role=Role.ASSESSOR, unit=unit)
    version, _new = import_plan(document=plan(), by=None)
    rows = [NewSubject(f"S{n:04}", f"对象单位{n}", "") for n in range(SUBJECTS)]
    round_ = open_round(version=version, name="2026", title="2026年度", deadline=None, subjects=rows, by=None)
    blank, filled = folder / "blank.xlsx", folder / "filled.xlsx"
    settings.TASKS_EAGER = True  # in this process, so that it can be measured

    def upload(path: Path, words: str) -> OfflineUpload:
        user.__dict__.pop("grants", None)
        with measured(words):
            taken = uploads.receive(round=round_, file=SimpleUploadedFile(path.name, path.read_bytes()), by=user)
        taken.refresh_from_db()
        print(f"    {path.stat().st_size / 1e6:.1f} MB: {taken.state} {taken.counts}", flush=True)
        return taken

    with measured("download, empty"):
        write_own_book(blank, user, round_)
    upload(blank, "upload of the file as it was downloaded")
    fill(blank, filled)
    taken = upload(filled, f"upload, {SUBJECTS * LEAVES} new cells")
    with measured("confirm"):
        uploads.confirm(upload=taken, by=user)
    good = Mark.objects.count() == SUBJECTS * LEAVES
    again = upload(filled, "the same file again")
    good = good and again.counts["same"] == SUBJECTS * LEAVES and not again.cells.exists()
    with measured("download, full"):
        write_own_book(blank, user, round_)
    return good


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "appraisal_site.settings", "VAR_DIR": folder}
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        good = run(Path(folder))
    sys.exit(not good)


if __name__ == "__main__":
    main()
