"""Writes random workbooks of every plan in the format of the round workbook.

    make_workbook("round.xlsx", "district-2020", seed=7)            all the hard cases, badly typed
    make_workbook("round.xlsx", "district-2020", 7, hard=False)     tidy, everything applicable: a base to damage
    make_large("large.xlsx", "district-2020", 5000, 100_000)        for scale

The same plan, seed and options give the same cells.
"""

import math
import random
import re
import shutil
import zipfile
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from .book import WIDE_CHARACTERS, read_book
from .compute import compute_book
from .draw import Draw, _points
from .draw_any import DrawAny
from .plans import BALLOT_METHODS, EVENT_METHODS, PLANS, leaves

COLUMNS = {
    "评分": ["对象编码", "指标编码", "考评主体", "得分", "说明"],
    "完成率": ["对象编码", "指标编码", "目标值", "完成值"],
    "数值": ["对象编码", "指标编码", "数值"],
    "事项": ["对象编码", "指标编码", "条目", "数量", "分值", "事由", "依据", "日期", "状态"],
    "选票": ["票号", "票类", "投票对象", "对象编码", "指标编码", "评价"],
    "计票": ["对象编码", "指标编码", "票类", "评价", "票数"],
    "往期": ["组", "轮次", "对象编码", "总分", "满分", "等次"],
}
CODES = {"编码", "对象编码", "指标编码", "投票对象"}
WIDE = str.maketrans("0123456789.-", WIDE_CHARACTERS)
SPACES = [" ", "  ", "\u3000"]
DAY = datetime(2026, 3, 5)  # noqa: DTZ001 — a cell has no time zone


# --- from the draw to tables


def tables(draw):
    """{sheet: (columns, rows)} in tidy order; every value is text, a Decimal, an int, a bool, a date or None."""
    made = {"对象": _subject_table(draw)}
    made |= {sheet: (columns, []) for sheet, columns in COLUMNS.items()}
    for code, inputs in draw.inputs.items():
        _add_scores(draw, made, code, inputs)
        for leaf, events in inputs["events"].items():
            for event in events:
                made["事项"][1].append(
                    [
                        code,
                        leaf,
                        event["item"] or None,
                        event["count"],
                        event["value"],
                        event["matter"] or None,
                        draw.rng.choice([None, "文件"]),
                        draw.rng.choice([None, DAY, "2026-03-05"]),
                        event["status"] or None,
                    ]
                )
        for leaf, votes in inputs["votes"].items():
            _add_votes(draw, made, code, leaf, votes)
        for row in inputs["past"]:
            made["往期"][1].append([row["set"], row["round"], code, row["total"], row["full"], row["grade"] or None])
    if made["往期"][1] and draw.hard:
        made["往期"][1].append([*made["往期"][1][0][:2], "Z999", Decimal(88), Decimal(100), None])
    return {sheet: table for sheet, table in made.items() if table[1]}


def _subject_table(draw):
    facts = draw.plan["facts"]
    heads = {name: about["title"] if draw.hard and draw.rng.random() < 0.4 else name for name, about in facts.items()}
    rows = [
        [
            one["code"],
            one["name"],
            one["category"],
            one["group"] or None,
            *(_fact(draw, one["facts"][name]) for name in facts),
        ]
        for one in draw.subjects
    ]
    return ["编码", "名称", "类别", "分组", *heads.values()], rows


def _fact(draw, value):
    if isinstance(value, bool):
        return value if draw.hard and draw.rng.random() < 0.2 else "是" if value else "否"
    return Decimal(value) if value is not None and str(value)[0].isdigit() else value


def _add_scores(draw, made, code, inputs):
    for leaf, given in inputs["marks"].items():
        for office, value in given:
            note = "见评分说明" if draw.plan["notes_required"] else None
            blank = (
                draw.plan["notes_required"] and draw.hard and draw.rng.random() < 0.1 and draw.has_one_assessor(leaf)
            )
            made["评分"][1].append([code, leaf, None if blank else office or None, value, note])
    for off in sorted(inputs["off"]):
        made["评分"][1].append(
            [code, off, draw.rng.choice(["考核办", None]), "不适用", draw.rng.choice([None, "本期不承担此项"])]
        )
    for leaf, (target, actual) in inputs["attainments"].items():
        made["完成率"][1].append([code, leaf, target, actual])
    for leaf, value in inputs["values"].items():
        made["数值"][1].append([code, leaf, value])


def _add_votes(draw, made, code, leaf, votes):
    """Splits the votes between ballots and paper tallies; the voters of one class on one subject are all different."""
    rng, paper = draw.rng, Counter()
    used = {}
    for name, value in votes:
        if draw.hard and rng.random() < 0.3:
            paper[name, value] += 1
            continue
        voters_are_subjects = draw.voter_classes.get(leaf) == name
        if name not in used:
            numbers = list(range(len(draw.codes) if voters_are_subjects else max(9, len(votes))))
            rng.shuffle(numbers)
            self_vote = next(node for node in leaves(draw.plan) if node["code"] == leaf).get("self_vote")
            used[name] = [n for n in numbers if not voters_are_subjects or self_vote or draw.codes[n] != code]
        if not used[name]:
            paper[name, value] += 1
            continue
        number = used[name].pop()
        voter = draw.codes[number] if voters_are_subjects else None
        made["选票"][1].append([f"{name}-{number + 1:03d}", name, voter, code, leaf, value])
    for (name, value), count in paper.items():
        first = rng.randint(0, count) if rng.random() < 0.3 else count
        for part in (first, count - first) if first != count else (count,):
            made["计票"][1].append([code, leaf, name, value, part])
    if draw.hard and rng.random() < 0.1:
        made["计票"][1].append([code, leaf, votes[0][0], "弃权", rng.choice([0, 1, 3])])


# --- from tables to cells


def _dress_code(rng, value):
    kind = rng.random()
    if value.isdigit() and kind < 0.15:
        return int(value), "0" * len(value) if value[0] == "0" or kind < 0.03 else None
    if kind < 0.19:
        return "".join(c.translate(WIDE) if c.isdigit() else c for c in value), None
    return (_padded(rng, value) if kind < 0.26 else value), None


def _dress_number(rng, value):
    plain = format(value, "f")
    kind = rng.random()
    if kind < 0.04:
        return plain.translate(WIDE)
    if kind < 0.08:
        return _padded(rng, plain)
    if kind < 0.1:
        return plain
    number = int(value) if value == int(value) else float(value)
    if isinstance(number, float) and kind < 0.2:
        return math.nextafter(number, math.inf)
    return number


def _padded(rng, value):
    return rng.choice(["", *SPACES]) + value + rng.choice(SPACES)


def _put(sheet, row, column, head, value, rng):
    """Writes one value; with ``rng`` the way careless people type."""
    form = None
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        number = Decimal(value)
        value = _dress_number(rng, number) if rng else int(number) if number == int(number) else float(number)
    elif rng and isinstance(value, str):
        if head in CODES:
            value, form = _dress_code(rng, value)
        elif rng.random() < 0.04 and head != "名称":
            value = _padded(rng, value)
    cell = sheet.cell(row, column, value)
    if form:
        cell.number_format = form


def write(made, head, rng=None):
    """A Workbook of the tables; with ``rng`` rows and columns are shuffled and cells typed carelessly."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "方案"
    for row, pair in enumerate([("项目", "值"), *head], 1):
        for column, value in enumerate(pair, 1):
            sheet.cell(row, column, value)
    for name, (columns, rows) in made.items():
        sheet = workbook.create_sheet(name)
        order, rows = list(range(len(columns))), list(rows)
        if rng:
            rng.shuffle(order)
            rng.shuffle(rows)
        for column, index in enumerate(order, 1):
            sheet.cell(1, column, columns[index] + (rng.choice(SPACES) if rng and rng.random() < 0.02 else ""))
        line = 1
        for values in rows:
            line += 2 if rng and rng.random() < 0.02 else 1
            for column, index in enumerate(order, 1):
                if values[index] is not None:
                    _put(sheet, line, column, columns[index], values[index], rng)
        if rng and rng.random() < 0.2:
            sheet.cell(line + 2, 1, "\u3000")
    if rng and rng.random() < 0.3:
        workbook.create_sheet("备注").append(["填报说明", "不参加计算"])
    workbook.properties.created = workbook.properties.modified = DAY
    return workbook


def _head(plan_code, seed, rng):
    rows = [("方案", plan_code), ("轮次", f"2026-{seed}")]
    return [*rows, ("截止日期", DAY)] if rng.random() < 0.3 else rows


# --- the generators


def make_workbook(path, plan_code, seed, subjects=None, hard=True, missing=False, plan=None):
    """Writes a complete random workbook (with gaps if ``missing``) of ``subjects`` subjects (5–40 unless given).

    ``plan``: one that does not ship with the product, restated.
    """
    rng, workbook = in_memory(plan_code, seed, subjects, hard, missing, plan)
    workbook.save(path)
    if hard and rng.random() < 0.25:
        _make_formulas(path, workbook, rng)
    return path


def in_memory(plan_code, seed, subjects=None, hard=True, missing=False, plan=None):
    """The workbook that `make_workbook` writes, but for a few formulas, and the random numbers after it."""
    rng = random.Random(f"{plan_code}/{seed}")
    count = subjects or rng.choice([5, 8, 12, 20, 25, 32, 40])
    draw = DrawAny(plan, rng, count, hard, missing) if plan else Draw(plan_code, rng, count, hard, missing)
    head = _head(plan_code, seed, rng)
    if hard and not missing and rng.random() < 0.6:
        _tie_at_a_limit(draw, head)
    return rng, write(tables(draw), head, rng if hard else None)


def _tie_at_a_limit(draw, head):
    """Copies the last who just keeps a limited grade onto the first who loses it."""
    state = draw.rng.getstate()
    outcome = compute_book(read_book(write(tables(draw), head), draw.plan))
    draw.rng.setstate(state)
    ordered = sorted(outcome.results.values(), key=lambda one: -one.total)
    for loser in ordered:
        if any(": limit " in reason or ": distribute " in reason for reason in loser.changes):
            better = [
                one
                for one in ordered
                if one.total > loser.total
                and one.grade
                and one.grade != loser.grade
                and one.subject.category == loser.subject.category
            ]
            if better:
                draw.copy(better[-1].subject.code, loser.subject.code)
                return


def _make_formulas(path, workbook, rng):
    """Turns a few marks into formulas with cached values, which openpyxl cannot write."""
    if "评分" not in workbook.sheetnames:
        return
    sheet = workbook["评分"]
    column = next(cell.column for cell in sheet[1] if cell.value.strip() == "得分")
    cells = [row[column - 1] for row in sheet.iter_rows(min_row=2) if isinstance(row[column - 1].value, int | float)]
    part = f"xl/worksheets/sheet{workbook.sheetnames.index('评分') + 1}.xml"
    names = {f"{get_column_letter(column)}{cell.row}" for cell in rng.sample(cells, min(3, len(cells)))}

    def formula(found):
        name, attributes, value = found.groups()
        return f'<c r="{name}"{attributes}><f>{value}+0</f><v>{value}</v></c>' if name in names else found.group(0)

    copy = Path(f"{path}.tmp")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            data = old.read(entry)
            if entry == part:
                data = re.sub(r'<c r="([A-Z]+\d+)"([^>]*)><v>([^<]*)</v></c>', formula, data.decode()).encode()
            new.writestr(entry, data)
    shutil.move(copy, path)


def _writer(path):
    """(add_sheet(name) → append(row), save()): xlsxwriter where it is installed, else openpyxl's streaming writer."""
    try:
        import xlsxwriter
    except ImportError:
        workbook = Workbook(write_only=True)
        return (lambda name: workbook.create_sheet(name).append), (lambda: workbook.save(path))
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": True})

    def add_sheet(name):
        sheet, line = workbook.add_worksheet(name), iter(range(10**7))
        return lambda row: sheet.write_row(next(line), 0, row)

    return add_sheet, workbook.close


def make_large(path, plan_code, subjects, ballots):
    """A plain complete workbook of many subjects with ``ballots`` ballot rows in all, shared evenly by ballot leaves.

    Every leaf of the plan has an input for every subject. ``ballots`` must be ≥ subjects × ballot leaves.
    """
    rng, plan = random.Random(f"{plan_code}/{subjects}/{ballots}"), PLANS[plan_code]
    codes = [f"S{number:05d}" for number in range(1, subjects + 1)]
    add_sheet, save = _writer(path)
    append = add_sheet("方案")
    for row in (("项目", "值"), ("方案", plan_code), ("轮次", "2026-大")):
        append(row)
    append = add_sheet("对象")
    append(["编码", "名称", "类别", "分组"])
    for number, code in enumerate(codes):
        category = plan["categories"][number % len(plan["categories"])]
        append([code, f"对象{number + 1}", category, f"{category}-组{number % 40 // len(plan['categories']) + 1}"])
    _large_inputs(add_sheet, plan, codes, rng)
    _large_ballots(add_sheet, plan, codes, ballots, rng)
    save()
    return path


def _large_inputs(add_sheet, plan, codes, rng):
    made = {"评分": [], "完成率": [], "数值": [], "事项": [], "往期": []}
    for code in codes:
        quality = rng.uniform(0.6, 1)
        for leaf in leaves(plan):
            points, method = float(_points(leaf)), leaf["method"]
            if method == "marks":
                for office in leaf["assessors"] or ("考核办",):
                    made["评分"].append([code, leaf["code"], office, round(points * quality, 2), "见评分说明"])
            elif method == "attainment":
                made["完成率"].append([code, leaf["code"], 100, round(100 * quality, 2)])
            elif method in EVENT_METHODS:
                entry = leaf["items"][0] if leaf["items"] else {"code": "", "values": ()}
                made["事项"].append(
                    [
                        code,
                        leaf["code"],
                        entry["code"] or None,
                        None,
                        entry["values"][0] if entry["values"] else 0.5,
                        None,
                        None,
                        None,
                        None,
                    ]
                )
            elif method == "carried":
                made["往期"].append([leaf["set"], "2026-Q1", code, round(100 * quality, 2), 100, None])
    for sheet, rows in made.items():
        if rows:
            append = add_sheet(sheet)
            append(COLUMNS[sheet])
            for row in rows:
                append(row)


def _large_ballots(add_sheet, plan, codes, ballots, rng):
    ballot_leaves = [leaf for leaf in leaves(plan) if leaf["method"] in BALLOT_METHODS]
    if not ballot_leaves:
        return
    pairs = len(codes) * len(ballot_leaves)
    if ballots < pairs:
        raise ValueError(f"{ballots} ballots are too few: {pairs} are needed for one of each")
    append = add_sheet("选票")
    append(COLUMNS["选票"])
    for number in range(ballots):
        turn, place = divmod(number, pairs)
        which, subject = divmod(place, len(codes))
        leaf = ballot_leaves[which]
        names = list(leaf["classes"])
        name = names[turn % len(names)]
        voter = codes[(subject + turn + 1) % len(codes)] if name == "unit" else None
        label = f"{name}-{voter or turn + 1}"
        value = rng.choice(list(leaf["options"])) if leaf["options"] else rng.randint(60, 100)
        append([label, name, voter, codes[subject], leaf["code"], value])
