"""Compares a result workbook of the application with the oracle's outcome, figure by figure."""

from decimal import Decimal
from fractions import Fraction

from openpyxl import load_workbook

from .book import NOT_APPLICABLE, rows, text
from .plans import walk

NO_GRADE = "不定等次"


def show(value):
    return value if isinstance(value, str) else f"{float(value):.10g}"


def figure(cell):
    """A cell's number as an exact fraction of 15 digits; its text otherwise; None if empty."""
    value = cell.value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return Fraction(Decimal(format(value, ".15g")))
    return text(cell)


def compare(result_path, outcome):
    """Differences as lines of text; an empty list when every figure is equal.

    Reads the cached values of the sheets 排名 and 指标得分. A missing leaf may be shown as 0, empty or a text with 缺.
    """
    workbook = load_workbook(result_path, data_only=True)
    missing_sheets = [name for name in ("排名", "指标得分") if name not in workbook.sheetnames]
    if missing_sheets:
        return [f"sheet {name}: not there" for name in missing_sheets]
    return compare_ranking(workbook, outcome) + compare_scores(workbook, outcome)


def _by_code(workbook, sheet, outcome):
    """({code: row}, differences in which subjects are listed, order of the codes)."""
    found, wrong, order = {}, [], []
    for row in rows(workbook, sheet):
        name = text(row["编码"])
        order.append(name)
        if name in found:
            wrong.append(f"{sheet} {name}: listed twice")
        found[name] = row
    wrong += [f"{sheet} {name}: not expected" for name in found if name not in outcome.results]
    wrong += [f"{sheet} {name}: not listed" for name in outcome.results if name not in found]
    return found, wrong, order


def compare_ranking(workbook, outcome):
    found, wrong, order = _by_code(workbook, "排名", outcome)
    for name, one in outcome.results.items():
        if name not in found:
            continue
        wanted = {
            "名次": one.rank,
            "类别名次": one.category_rank,
            "总分": one.total,
            "等次": one.grade or NO_GRADE,
            "名称": one.subject.name,
            "类别": one.subject.category,
        }
        for column, value in wanted.items():
            cell = found[name].get(column)
            got = figure(cell) if cell is not None else "(no column)"
            if got != value:
                wrong.append(f"排名 {name} {column}: got {show_or_none(got)}, expected {show(value)}")
    wrong += _wrong_order(outcome, [outcome.results[name] for name in order if name in outcome.results])
    return wrong


def _wrong_order(outcome, listed):
    """By rank, or category by category and by rank within, where the plan ranks per category."""
    if outcome.book.plan["ranked"] == "category":
        seen = list(dict.fromkeys(one.subject.category for one in listed))
        places = [(seen.index(one.subject.category), one.category_rank) for one in listed]
    else:
        places = [one.rank for one in listed]
    return [] if places == sorted(places) else ["排名: the rows are not in the order of rank"]


def show_or_none(value):
    return "nothing" if value is None else show(value)


def compare_scores(workbook, outcome):
    found, wrong, _ = _by_code(workbook, "指标得分", outcome)
    nodes = [node["code"] for node in walk(outcome.book.plan["root"])]
    header = [text(cell) for cell in next(workbook["指标得分"].iter_rows())]
    columns = {name.split()[0]: name for name in header[2:] if name}
    if list(columns) != nodes:
        wrong.append(f"指标得分: columns {list(columns)}, expected {nodes}")
    for name, one in outcome.results.items():
        if name not in found:
            continue
        for code in nodes:
            if code not in columns:
                continue
            got, value = figure(found[name][columns[code]]), one.scores[code]
            if code in one.missing and (got is None or (isinstance(got, str) and "缺" in got)):
                continue
            if got != value:
                shown = NOT_APPLICABLE if value == NOT_APPLICABLE else show(value)
                wrong.append(f"指标得分 {name} {code}: got {show_or_none(got)}, expected {shown}")
    return wrong
