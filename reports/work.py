"""What each kind of job does. A function takes the job and a progress reporter, and returns the fields to store."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from django.core.files import File
from django.utils.translation import gettext as _

from indicators.models import PlanVersion
from indicators.rendering import render
from reviews.models import Round, Subject
from reviews.services.duty_similarity import compare_reports
from reviews.services.errors import ReviewError
from scoring.engine.types import InputErrors
from scoring.queries import current_computation
from scoring.services import run_scoring

from .jobs import JobFailed, Progress
from .models import Job, JobKind
from .offline import work as offline
from .workbook import Problem, WorkbookRefused, load_workbook_file, preview_workbook_file, write_marked_copy
from .workbook.output import write_result
from .workbook.template import write_template

log = logging.getLogger(__name__)

Fields = dict[str, Any]
T = TypeVar("T")


def _round_of(job: Job) -> Round:
    if job.round is None:
        raise JobFailed(_("This job needs a round."))
    return job.round


def _store(job: Job, name: str, write: Callable[[Path], T]) -> T:
    """Let `write` make a file in a temporary place and keep it as the job's output under `name`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "output.xlsx"
        given = write(path)
        with path.open("rb") as handle:
            job.output.save(name, File(handle), save=False)
    return given


# ------------------------------------------------------------------------------ compute


def compute(job: Job, progress: Progress) -> Fields:
    round_ = _round_of(job)
    try:
        computation = run_scoring(round=round_, by=job.created_by, progress=progress)
    except InputErrors as wrong:
        raise JobFailed(
            _("Some inputs break the plan's rules. Correct them and compute again."),
            _input_errors(round_, wrong),
        ) from wrong
    except ReviewError as refused:
        raise JobFailed(str(refused)) from refused
    words = _("Computed, with inputs still missing.") if computation.provisional else _("Computed.")
    return {"message": words}


def _input_errors(round_: Round, wrong: InputErrors) -> list[dict[str, str]]:
    codes = {error.subject for error in wrong.errors}
    names = dict(
        Subject.objects.filter(round=round_, code__in=codes).values_list("code", "name")
        if len(codes) < 500
        else Subject.objects.filter(round=round_).values_list("code", "name")
    )
    return [
        {"place": f"{names.get(e.subject, '')} ({e.subject}) {e.code}", "text": render(e.text)} for e in wrong.errors
    ]


# ------------------------------------------------------------------------------ workbooks


def load(job: Job, progress: Progress) -> Fields:
    """Load the uploaded workbook, or only say what loading it would change (`preview`)."""
    preview = bool(job.options.get("preview"))
    run = preview_workbook_file if preview else load_workbook_file
    path = Path(job.upload.path)
    try:
        report = run(
            path,
            by=job.created_by,
            round=job.round,
            allow_missing=bool(job.options.get("allow_missing", True)),
            whole=bool(job.options.get("whole", False)),
            progress=progress,
        )
    except WorkbookRefused as refused:
        problems = refused.problems
        if refused.can_be_marked:
            _store_marked_copy(job, path, problems)
        raise JobFailed(
            _("The workbook has errors. Nothing was changed."),
            [{"place": p.place, "text": p.message} for p in problems],
        ) from refused
    except ReviewError as refused_by_round:
        raise JobFailed(str(refused_by_round)) from refused_by_round
    counts = report.counts_as_json()
    options = {**job.options, "counts": counts, "withdrawn": sum(int(row["withdrawn"]) for row in counts)}
    if not preview:
        options["loaded_round"] = report.round_id
    return {
        "options": options,
        "notices": list(report.notices),
        "message": _("Checked: nothing is wrong.") if preview else _("The workbook was loaded."),
    }


def _store_marked_copy(job: Job, path: Path, problems: Sequence[Problem]) -> None:
    """The list of errors is what counts: it must not get lost because the copy could not be made."""
    try:
        _store(job, _marked_name(job), lambda out: write_marked_copy(path, out, problems))
    except Exception:
        log.exception("The marked copy of job %s could not be written", job.pk)


def _marked_name(job: Job) -> str:
    return f"{Path(job.options.get('file_name') or 'workbook.xlsx').stem}-标错.xlsx"


def export(job: Job, progress: Progress) -> Fields:
    round_ = _round_of(job)
    computation = current_computation(round_)
    if computation is None:
        raise JobFailed(_("The round has not been computed yet. Compute it first."))
    _store(
        job,
        f"{round_.plan.code}-{round_.name}-结果.xlsx",
        lambda out: write_result(out, computation, progress=progress),
    )
    return {"message": _("The result workbook is ready.")}


def template(job: Job, progress: Progress) -> Fields:
    version = (
        job.round.plan_version
        if job.round
        else PlanVersion.objects.select_related("plan").get(pk=job.options["plan_version"])
    )
    name = f"{version.plan.code}-{job.round.name if job.round else ''}-数据簿.xlsx"
    _store(job, name.replace("--", "-"), lambda out: write_template(out, version, round=job.round))
    return {"message": _("The blank workbook is ready.")}


def similarity(job: Job, progress: Progress) -> Fields:
    """What duty reports have in common: nearly all of the time goes into the pairs."""

    def report(done: int, pairs: int) -> None:
        words = _("%(done)d of %(pairs)d pairs compared") % {"done": done, "pairs": pairs}
        progress(10 + 85 * done // max(1, pairs), words)

    try:
        found = compare_reports(round=_round_of(job), by=job.created_by, progress=report)
    except ReviewError as refused:
        raise JobFailed(str(refused)) from refused
    return {"message": _("Compared: %(pairs)d pairs have something in common.") % {"pairs": len(found.pairs)}}


def sheets(job: Job, progress: Progress) -> Fields:
    """Every assessor's score sheet, in one archive."""
    round_ = _round_of(job)
    name = f"{round_.plan.code}-{round_.name}-评分表.zip"
    return {"message": _store(job, name, lambda out: offline.hand_out(job, progress, out))}


WORK: dict[JobKind, Callable[[Job, Progress], Fields]] = {
    JobKind.COMPUTE: compute,
    JobKind.IMPORT: load,
    JobKind.EXPORT: export,
    JobKind.TEMPLATE: template,
    JobKind.SIMILARITY: similarity,
    JobKind.READ_SHEET: offline.read,
    JobKind.SAVE_SHEET: offline.save,
    JobKind.SHEETS: sheets,
}
