"""How fast the engine scores and grades a round, beside pandas and LibreOffice that do the same sums.

    python benchmarks/engine.py [--sizes 5000,50000] [--beside 5000] [--repeat 3]

`--sizes`: rounds for the engine alone, and how far the time grows with them. `--beside`: the round that pandas and
LibreOffice compute too, result by result compared. Ratios are of processor time, which says the same on a busy
machine; seconds are beside it. pandas: `pip install -r requirements-bench.txt`, in an environment
of its own. What is not installed is skipped, and said.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from made_up import make_inputs, make_plan

from scoring.engine import score, walk
from scoring.engine.types import Inputs, Outcome, Plan

LIMIT = 2.0  # seconds of one core for 5,000 subjects
Found = list[tuple[object, ...]]


@dataclass(frozen=True)
class Took:
    """Seconds of processor time (of this process and its children) and on the clock."""

    core: float
    clock: float

    def without(self, other: Took) -> Took:
        return Took(max(0.0, self.core - other.core), max(0.0, self.clock - other.clock))


def _now() -> Took:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Took(sum(one.ru_utime + one.ru_stime for one in used), time.perf_counter())


def timed(call: Callable[[], Any], repeat: int = 1) -> tuple[Took, Any]:
    """(the quickest of so many runs, what the last one gave)."""
    runs, value = [], None
    for _ in range(repeat):
        value = None  # the last run's objects are none of this one's business
        start = _now()
        value = call()
        runs.append(_now().without(start))
    return min(runs, key=lambda took: took.core), value


def figures(outcome: Outcome) -> Found:
    return [(one.subject, int(one.total * 100), one.rank, one.category_rank, one.grade) for one in outcome.results]


def alone(plan: Plan, sizes: list[int], repeat: int) -> bool:
    """The engine by size; whether it keeps the limit."""
    print(f"\nThe engine alone, {sum(1 for _node in walk(plan.root))} nodes: checked, scored, ranked, graded\n")
    print("| subjects | time of a subject, to the first row's | core seconds | on the clock |")
    print("| ---: | ---: | ---: | ---: |")
    first, kept = 0.0, True
    for size in sizes:
        inputs = make_inputs(size)
        took, _outcome = timed(lambda inputs=inputs: score(plan, inputs), repeat)
        first = first or took.core / size
        print(f"| {size:,} | {took.core / size / first:.2f} | {took.core:.2f} | {took.clock:.2f} |")
        kept = kept and (size > 5000 or took.core < LIMIT)
        del inputs, _outcome
    return kept


def beside(plan: Plan, size: int, repeat: int) -> bool:
    """Engine, pandas and LibreOffice on one round; whether all that ran gave the same."""
    inputs = make_inputs(size)
    own, outcome = timed(lambda: score(plan, inputs), repeat)
    expected = figures(outcome)
    del outcome
    lines, skipped, same = [("engine", own, "")], [], True
    for name, run in (("pandas", _pandas), ("pandas, from the inputs", _all_pandas), ("LibreOffice", _libreoffice)):
        done = run(inputs, repeat)
        if isinstance(done, str):
            skipped.append(done)
            continue
        took, found = done
        wrong = sum(one != other for one, other in zip(found, expected, strict=True))
        same = same and not wrong
        lines.append((name, took, f"{wrong} of {size} OTHERWISE" if wrong else "the same"))
    print(f"\nThe same round of {size:,} subjects: total, both ranks and grade of each\n")
    print("| | time, to the engine's | core seconds | on the clock | results |")
    print("| --- | ---: | ---: | ---: | --- |")
    for name, took, said in lines:
        print(f"| {name} | {took.core / own.core:.2f} | {took.core:.2f} | {took.clock:.2f} | {said} |")
    for said in skipped:
        print(f"\nSkipped: {said}")
    return same


def _pandas(inputs: Inputs, repeat: int) -> tuple[Took, Found] | str:
    try:
        import with_pandas
    except ImportError:
        return "pandas is not installed (pip install -r requirements-bench.txt)"
    frame = with_pandas.frame_of(inputs)
    took, found = timed(lambda: with_pandas.compute(frame), repeat)
    return took, with_pandas.results(found)


def _all_pandas(inputs: Inputs, repeat: int) -> tuple[Took, Found] | str:
    """With the making of the table, from the same inputs that the engine takes."""
    try:
        import with_pandas
    except ImportError:
        return "the same from the inputs"
    took, found = timed(lambda: with_pandas.compute(with_pandas.frame_of(inputs)), repeat)
    return took, with_pandas.results(found)


def _libreoffice(inputs: Inputs, _repeat: int) -> tuple[Took, Found] | str:
    import with_libreoffice

    if with_libreoffice.office() is None:
        return "LibreOffice (soffice) is not installed"
    with tempfile.TemporaryDirectory() as folder:
        small, whole, out = Path(folder) / "one.xlsx", Path(folder) / "round.xlsx", Path(folder) / "out"
        with_libreoffice.write(small, Inputs(inputs.subjects[:1]))
        with_libreoffice.write(whole, inputs)
        with_libreoffice.recalculate(small, out)  # makes the user profile
        start_up, _ = timed(lambda: with_libreoffice.recalculate(small, out))
        took, _ = timed(lambda: with_libreoffice.recalculate(whole, out))
        return took.without(start_up), with_libreoffice.results(out / "round.xlsx")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="5000,50000")
    parser.add_argument("--beside", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    plan = make_plan()
    same = beside(plan, options.beside, options.repeat)
    kept = alone(plan, [int(size) for size in options.sizes.split(",")], options.repeat)
    if not kept:
        print(f"\nMore than {LIMIT} seconds of one core for 5,000 subjects.")
    return 0 if same and kept else 1


if __name__ == "__main__":
    sys.exit(main())
