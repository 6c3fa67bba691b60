"""Plans changed at random inside the language: every figure still that of the independent computation.

KAOPING_MUTANTS sets how many mutants of each shipped plan are computed by the engine alone (default 2, each with a
complete workbook and one with gaps, and once more with its limits moved to where they hurt), KAOPING_MUTANTS_APPRAISED
how many in all go through `load_plan` and `appraise` (default 6), KAOPING_MUTANTS_FORMULAS how many result workbooks
LibreOffice recalculates (default 14).
"""

import os
import random
import shutil
import subprocess
from dataclasses import replace
from io import StringIO

import openpyxl
import pytest
from django.core.management import call_command

from indicators import document, plan_file
from indicators.services import preset_codes, preset_text
from indicators.shape import METHOD_FIELDS, RULE_FIELDS
from scoring.engine import score
from tests.engine.adapter import inputs_of
from tests.engine.test_oracle import check_book

from .book import read_book
from .compare import compare
from .compute import compute, compute_book
from .generate import in_memory, make_workbook
from .mutate import mutate
from .mutate_rules import ORDERED, STANDING
from .restate import restate
from .sharpen import sharpen

CODES = preset_codes()
MUTANTS = int(os.environ.get("KAOPING_MUTANTS", "2"))
APPRAISED = int(os.environ.get("KAOPING_MUTANTS_APPRAISED", "6"))
FORMULAS = int(os.environ.get("KAOPING_MUTANTS_FORMULAS", "14"))  # the 14th has a sum 4 × 10⁻¹⁰ below a half


def mutant(code, seed):
    """(text of the plan file, the plan restated for the independent computation)."""
    text = mutate(preset_text(code), seed)
    return text, restate(text)


def nth(number):
    """A mutant of each shipped plan in turn."""
    return CODES[number % len(CODES)], 500 + number // len(CODES)


def book_of(plan, seed, **how):
    return read_book(in_memory(plan["code"], seed, plan=plan, **how)[1], plan)


# --- the figures


@pytest.mark.parametrize("code", CODES)
def test_every_figure_of_a_mutant_is_the_independent_one(code):
    for seed in range(MUTANTS):
        text, plan = mutant(code, seed)
        ours = document.parse(plan_file.load(text))
        for gaps in (False, True):
            book = book_of(plan, seed, missing=gaps)
            check_book(book, ours, f"{code} {seed}, gaps: {gaps}")
            sharp = sharpen(text, compute_book(book), random.Random(seed))
            check_book(
                replace(book, plan=restate(sharp)), document.parse(plan_file.load(sharp)), f"{code} {seed}, sharp"
            )


@pytest.mark.django_db
@pytest.mark.parametrize("number", range(APPRAISED))
def test_a_mutant_through_plan_file_workbook_and_result(number, tmp_path):
    code, seed = nth(number)
    book, out, plan = appraised(code, seed, tmp_path, gaps=number % 3 == 2)
    assert compare(out, compute(book, plan)) == []


def appraised(code, seed, folder, gaps=False, name="round"):
    text, plan = mutant(code, seed)
    file, book, out = (folder / f"{name}{end}" for end in (".toml", ".xlsx", "-out.xlsx"))
    file.write_text(text, encoding="utf-8")
    make_workbook(book, plan["code"], seed, missing=gaps, plan=plan)
    call_command("load_plan", str(file), stdout=StringIO(), stderr=StringIO())
    call_command("appraise", str(book), str(out), *(["--allow-missing"] if gaps else []), stdout=StringIO())
    return book, out, plan


@pytest.mark.libreoffice
@pytest.mark.django_db
def test_formulas_of_mutants_recalculate_to_the_same_figures(tmp_path):
    expected, bare = {}, tmp_path / "bare"
    bare.mkdir()
    for number in range(FORMULAS):
        code, seed = nth(number)
        book, out, plan = appraised(code, seed, tmp_path, name=f"{code}-{seed}")
        expected[f"{code}-{seed}.xlsx"] = compute(book, plan)
        # Without the cached values nothing but a recalculation can give the figures.
        openpyxl.load_workbook(out).save(bare / f"{code}-{seed}.xlsx")
    office = shutil.which("soffice") or shutil.which("libreoffice")
    command = [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless"]
    command += ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "lo")]
    subprocess.run([*command, *map(str, bare.iterdir())], check=True, capture_output=True, timeout=300)
    assert [line for name, one in expected.items() for line in compare(tmp_path / "lo" / name, one)] == []


# --- the mutants themselves


def test_the_same_seed_gives_the_same_plan_and_another_seed_another():
    text = preset_text("district-2020")
    assert mutate(text, 1) == mutate(text, 1) != mutate(text, 2)


def test_mutants_reach_all_of_the_language():
    """Whatever a plan file may say of a method or a rule is said by some mutant."""
    found = set()
    for number in range(16 * 12):
        found |= said(plan_file.load(mutate(preset_text(CODES[number % 16]), number)))
    wanted = {f"{method}.{key}" for method, keys in METHOD_FIELDS.items() for key in keys}
    wanted |= {f"{rule}.{key}" for rule, keys in RULE_FIELDS.items() for key in keys}
    wanted |= {f"scope {scope}" for scope in ("all", "category", "group", "list")}
    wanted |= {f"rounding {way}" for way in ("floor", "half_up", "ceil")}
    wanted |= {f"decimals {number}" for number in (0, 1, 2, 3, 4, 6)} | {
        f"categories {number}" for number in range(1, 7)
    }
    wanted |= {f"fact {kind}" for kind in ("boolean", "number", "choice")} | {f"ranking {r}" for r in RANKINGS}
    wanted |= {"reference composite", "reference leaf", "weights", "deep adjustment", "one indicator", "mixed and or"}
    wanted |= {f"operator {sign}" for sign in ORDERED} | {f"operand {name}" for name in (*STANDING, *OPERANDS)}
    assert wanted - found == set()


RANKINGS = ("overall", "category")
OPERANDS = ("score", "option_share", "grade_in", "times_grade", "sum")


def said(given):
    rows = given["indicators"]
    parents, root = {row.get("parent") for row in rows}, next(row["code"] for row in rows if "parent" not in row)
    found = {f"decimals {given['decimals']}", f"ranking {given['ranking']}"}
    found |= {f"categories {len(given.get('categories', []))}", "one indicator" if len(rows) == 1 else ""}
    found |= {f"fact {fact['type']}" for fact in given.get("facts", [])}
    for row in rows:
        found |= {f"{row.get('method')}.{key}" for key in row}
        if row.get("method") in ("bonus", "penalty", "inspection") and row["parent"] != root:
            found.add("deep adjustment")
        if row.get("weight") == 0:
            found.add("reference composite" if row["code"] in parents else "reference leaf")
        elif "weight" in row:
            found.add("weights")
    for rule in given.get("rules", []):
        found |= {f"{rule['rule']}.{key}" for key in rule}
        scope = rule.get("scope", "")
        found |= {f"scope {'list' if isinstance(scope, list) else scope}", f"rounding {rule.get('rounding')}"}
        found |= said_by(rule.get("if", "")) | said_by(rule.get("prefer", ""))
    return found


def said_by(condition):
    words = condition.replace(":", " ").split()
    found = {f"operator {word}" for word in words if word in ORDERED}
    found |= {f"operand {word}" for word in words if word in (*STANDING, *OPERANDS)}
    found |= {"operand sum"} if "+" in words else set()
    return found | ({"mixed and or"} if {"and", "or"} <= set(words) else set())


# --- what must not matter


SOME = [(code, seed) for seed in range(700, 700 + max(1, MUTANTS // 2)) for code in CODES]


def both(code, seed, change):
    """Outcomes by the plan and by the plan file that `change` made of it, on the same workbook."""
    text, plan = mutant(code, seed)
    changed = plan_file.load(text)
    change(changed)
    inputs = inputs_of(book_of(plan, seed))
    again = plan_file.load(plan_file.dump(document.typed(changed)))
    return score(document.parse(plan_file.load(text)), inputs), score(document.parse(again), inputs)


@pytest.mark.parametrize(("code", "seed"), SOME)
def test_scaling_all_weights_changes_nothing(code, seed):
    def scale(given):
        for row in given["indicators"]:
            if "parent" in row and row.get("method") not in ("bonus", "penalty", "inspection"):
                row["weight"] = row.get("weight", row["points"]) * 4

    first, second = both(code, seed, scale)
    assert (first.results, first.limits) == (second.results, second.limits)


@pytest.mark.parametrize(("code", "seed"), SOME)
def test_the_order_of_rows_of_a_plan_file_changes_no_figure(code, seed):
    def shuffle(given):
        rng = random.Random(seed)
        rng.shuffle(given["indicators"])
        for row in [*given["indicators"], *given.get("facts", [])]:
            for name in ("catalogue", "classes", "options", "assessors", "choices"):
                rng.shuffle(row.get(name, []))
        for rule in given["rules"]:
            for name in {"minimums", "shares"} & set(rule):
                rule[name] = dict(rng.sample(list(rule[name].items()), len(rule[name])))

    first, second = both(code, seed, shuffle)
    for one, other in zip(first.results, second.results, strict=True):
        assert (one.total, one.rank, one.category_rank, one.grade) == (
            other.total,
            other.rank,
            other.category_rank,
            other.grade,
        )
        assert {code: found.value for code, found in one.scores.items()} == {
            code: found.value for code, found in other.scores.items()
        }
    assert first.limits == second.limits


@pytest.mark.parametrize(("code", "seed"), SOME)
def test_the_order_of_subjects_and_inputs_changes_nothing(code, seed):
    text, plan = mutant(code, seed)
    book, ours = book_of(plan, seed), document.parse(plan_file.load(text))
    first = score(ours, inputs_of(book))
    rng = random.Random(seed)
    rng.shuffle(book.subjects)
    rng.shuffle(book.past)
    for events in book.events.values():
        rng.shuffle(events)
    second = score(ours, inputs_of(book))
    assert {one.subject: one for one in first.results} == {one.subject: one for one in second.results}
    assert sorted(map(repr, first.limits)) == sorted(map(repr, second.limits))


@pytest.mark.parametrize(("code", "seed"), SOME)
def test_another_category_has_no_part_in_the_figures_of_a_category(code, seed):
    """With quotas per category, all of a category's result but the overall rank stays if the others are taken away."""
    text, plan = mutant(code, seed)
    book, given = book_of(plan, seed), plan_file.load(text)
    for rule in given["rules"]:
        if rule["rule"] in ("limit", "limit_within", "distribute"):
            rule["scope"] = "category"
    for number, one in enumerate(book.subjects):  # where votes are compared inside a group, a group of one category
        book.subjects[number] = replace(one, group=f"{one.category} {one.group}")
    ours = document.parse(given)
    whole = {one.subject: one for one in score(ours, inputs_of(book)).results}
    alone = book.subjects[0].category
    book.subjects = [one for one in book.subjects if one.category == alone]
    for one in score(ours, inputs_of(book)).results:
        assert replace(one, rank=0) == replace(whole[one.subject], rank=0)
