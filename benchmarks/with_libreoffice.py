"""The benchmark's round as a workbook of formulas without any value of their own, recalculated by LibreOffice."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from made_up import ANSWERS, BALLOT_WEIGHT, CLASSES, GRADES, GROUP_WEIGHTS, MARKED, MARKS, MINIMUMS, SHARE
from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from python_calamine import CalamineWorkbook

from scoring.engine.types import Inputs, SubjectInput

SHEET = "成绩"
INPUTS = ["key", "category", *MARKED, *(f"{c}{k}{i}" for c in CLASSES for k in "vn" for i in range(ANSWERS))]
INPUTS += ["b0", "b1", "d0"]
FORMULAS = [*(f"K{group}" for group in range(len(MARKS))), "E", "B", "D", "R", "rank", "category_rank", "best", "grade"]
LETTER = {name: get_column_letter(place) for place, name in enumerate([*INPUTS, *FORMULAS], 1)}


def office() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def write(path: Path, inputs: Inputs) -> None:
    """openpyxl stores formulas without results: nothing but a recalculation can give the figures."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(SHEET)
    sheet.append([*INPUTS, *FORMULAS])
    last = len(inputs.subjects) + 1
    for line, one in enumerate(inputs.subjects, 2):
        sheet.append([*_inputs(one), *_formulas(line, last)])
    workbook.save(path)


def _inputs(one: SubjectInput) -> Iterator[object]:
    yield one.key
    yield one.category
    for codes in MARKS:
        yield from (float(one.marks[code][0].value) for code in codes)
    for name in CLASSES:
        yield from map(int, one.votes["E"][name])
        yield from one.votes["E"][name].values()
    bonuses = [float(event.value or 0) for event in one.events["B"]]
    yield from [*bonuses, 0, 0][:2]
    yield sum(float(event.value or 0) for event in one.events["D"])


def _formulas(line: int, last: int) -> Iterator[str]:
    """Rounded to 8 places before the cents, so that what is a half in decimals is one in binary too."""

    def cell(name: str) -> str:
        return f"{LETTER[name]}{line}"

    def column(name: str) -> str:
        return f"${LETTER[name]}$2:${LETTER[name]}${last}"

    for codes in MARKS:
        yield f"=ROUND(SUM({cell(codes[0])}:{cell(codes[-1])}),2)"
    means = []
    for name, weight in CLASSES.items():
        values = f"{cell(f'{name}v0')}:{cell(f'{name}v{ANSWERS - 1}')}"
        counts = f"{cell(f'{name}n0')}:{cell(f'{name}n{ANSWERS - 1}')}"
        means.append(f"{weight}*SUMPRODUCT({values},{counts})/SUM({counts})")
    yield f"=ROUND(ROUND(40*({'+'.join(means)})/{sum(CLASSES.values())}/100,8),2)"
    yield f"=MIN(5,MAX({cell('b0')},{cell('b1')}))"
    yield f"=-MIN(5,{cell('d0')})"
    terms = [f"{weight}*{cell(f'K{group}')}/10" for group, weight in enumerate(GROUP_WEIGHTS)]
    terms.append(f"{BALLOT_WEIGHT}*{cell('E')}/40")
    own = f"100*({'+'.join(terms)})/{sum(GROUP_WEIGHTS) + BALLOT_WEIGHT}"
    yield f"=MAX(0,ROUND(ROUND({own}+{cell('B')}+{cell('D')},8),2))"
    total, category = cell("R"), f"{column('category')},{cell('category')}"
    better = f'COUNTIFS({category},{column("R")},">"&{total})'
    yield f"=RANK({total},{column('R')})"
    yield f"={better}+1"
    first, second, third = MINIMUMS
    graded = f'IF({total}>={second},"{GRADES[1]}",IF({total}>={third},"{GRADES[2]}","{GRADES[3]}"))'
    yield f'=IF({total}>={first},"{GRADES[0]}",{graded})'
    level = f'COUNTIFS({category},{column("R")},{total},{column("E")},">="&{cell("E")})'
    places = f"INT(ROUND({SHARE}*COUNTIF({category}),8))"
    limited = f'IF({better}+{level}<={places},"{GRADES[0]}","{GRADES[1]}")'
    yield f'=IF({cell("best")}="{GRADES[0]}",{limited},{cell("best")})'


def recalculate(path: Path, folder: Path) -> None:
    """Convert the workbook to one with values in `folder`."""
    command = [str(office()), f"-env:UserInstallation=file://{path.parent}/profile", "--headless"]
    command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=3600)


def results(path: Path) -> list[tuple[object, ...]]:
    """(key, total in cents, rank, category rank, grade) of each subject."""
    head, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(SHEET).to_python()
    at = {name: place for place, name in enumerate(head)}
    return [
        (
            row[at["key"]],
            round(row[at["R"]] * 100),
            int(row[at["rank"]]),
            int(row[at["category_rank"]]),
            row[at["grade"]],
        )
        for row in rows
    ]
