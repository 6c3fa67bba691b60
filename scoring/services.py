"""Computing a round, and freezing what came out. Reading results is in queries.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from indicators.services import engine_plan
from reviews.models import Phase, Round, SelectionSetting, Subject
from reviews.queries.figures import unverified_count
from reviews.services.rounds import change_phase
from units.access import PUBLISHED
from units.models import User

from . import documents
from . import earlier as earlier_rounds
from .engine import ENGINE_VERSION, score
from .engine.types import Inputs, Outcome, Plan
from .errors import PlanChanged, ResultFrozen
from .load import earlier_computations, load_inputs
from .models import Computation, SubjectResult
from .notices import tell_results
from .queries import current_computation, is_stale

KEPT = 5  # superseded computations of a round that are kept, the current one among them
BATCH = 500  # rows per INSERT: a document has a few kilobytes

Progress = Callable[[int, str], None]

__all__ = ["announce_round", "is_stale", "run_scoring", "seal_round"]


def run_scoring(
    *,
    round: Round,  # noqa: A002
    by: User | None = None,
    allow_missing: bool = True,
    progress: Progress | None = None,
) -> Computation:
    """Compute a round and make the outcome its current result.

    Raises `InputErrors` of the engine if inputs break the rules (with `allow_missing` false also if
    some are missing), `ResultFrozen` once the round is announced, and `PlanChanged`; the stored result then stays.
    A run whose digest is that of the current result only notes that it is up to date again: nothing
    is stored twice. Otherwise the earlier result steps back, and all but the newest few are deleted.
    A run that was overtaken by one on newer inputs gives way to it.

    The round is locked while it is read, so that its inputs belong together, and while the result is
    stored; the engine works outside both. Progress is called with per cent and words.
    """
    tell = progress or _unheard
    plan_version = round.plan_version
    plan = engine_plan(plan_version)
    tell(0, _("Reading the inputs"))
    with transaction.atomic():
        locked = _locked(round)
        inputs = load_inputs(locked, plan, allow_missing=allow_missing)
        earlier = earlier_computations(locked)
    tell(30, _("Computing scores, ranks and grades"))
    outcome = score(plan, inputs)
    tell(60, _("Storing the result"))
    stored = [documents.encode(result) for result in outcome.results]
    limits = [documents.encode_limit(report) for report in outcome.limits]
    draft = Computation(
        round=locked,
        computed_by=by,
        engine_version=ENGINE_VERSION,
        input_version=locked.input_version,
        provisional=outcome.provisional,
        digest=documents.digest(plan_version.digest, ENGINE_VERSION, stored),
        summary=summary(plan, inputs, outcome)
        | {"limits": limits, "earlier": earlier, "rows": documents.rows_digest(stored)},
    )
    computation = _store(draft, stored)
    tell(100, _("Done"))
    return computation


def _unheard(percent: int, message: str) -> None:
    """Nobody watches the progress."""


def _locked(round_: Round) -> Round:
    locked = Round.objects.select_for_update().get(pk=round_.pk)
    if locked.phase in PUBLISHED:
        raise ResultFrozen
    if locked.plan_version_id != round_.plan_version_id:
        raise PlanChanged
    return locked


@transaction.atomic
def _store(draft: Computation, stored: list[dict[str, Any]]) -> Computation:
    locked = _locked(draft.round)
    current = current_computation(locked)
    if current is not None and current.input_version > draft.input_version:
        return current
    if current is not None and _is_same(current, draft):
        # Only what says how fresh it is changes.
        current.input_version = draft.input_version
        current.summary = draft.summary
        current.save(update_fields=["input_version", "summary"])
        return current
    locked.computations.filter(is_current=True).update(is_current=False)
    draft.is_current = True
    draft.save()
    ids = dict(Subject.objects.filter(round=locked).values_list("code", "id"))
    SubjectResult.objects.bulk_create(
        (_row(draft, ids[document["subject"]], document) for document in stored), batch_size=BATCH
    )
    newest = list(locked.computations.order_by("-id").values_list("id", flat=True)[:KEPT])
    superseded = locked.computations.exclude(id__in=newest).filter(is_current=False)
    SubjectResult.objects.filter(computation__in=superseded).delete()
    superseded.delete()
    return draft


def _is_same(current: Computation, draft: Computation) -> bool:
    return current.digest == draft.digest and current.summary.get("rows") == draft.summary["rows"]


def _row(computation: Computation, subject_id: int, document: dict[str, Any]) -> SubjectResult:
    return SubjectResult(
        computation=computation,
        subject_id=subject_id,
        total=document["total"],
        rank=document["rank"],
        category_rank=document["category_rank"],
        grade=document["grade"] or "",
        is_flagged=bool(document["flags"]),
        is_incomplete=bool(document["missing"]),
        document=document,
    )


def summary(plan: Plan, inputs: Inputs, outcome: Outcome) -> dict[str, Any]:
    """What the ranking page shows above its rows, so that it need not read them all.

    {"grades": {category: {grade or "": holders}}, "missing": {leaf: subjects without input}}
    """
    grades: dict[str, Counter[str]] = {}
    missing: Counter[str] = Counter()
    for subject, result in zip(inputs.subjects, outcome.results, strict=True):
        grades.setdefault(subject.category, Counter())[result.grade or ""] += 1
        missing.update(result.missing)
    known = [category for category in plan.categories if category in grades]
    order = known + [category for category in grades if category not in known]
    return {
        "grades": {category: dict(grades[category]) for category in order},
        "missing": dict(missing),
    }


# ---------------------------------------------------------------- freezing


def announce_round(*, round: Round, by: User) -> Round:  # noqa: A002
    """Announce the current result: it is public and frozen from here on.

    The round must be in review, its result complete and of the inputs as they are now, and computing
    it once more must give the same digest. Raises `InvalidInput` with every obstacle, `RoundClosed`
    or `NotAllowed`. The phase changes by `change_phase`, which writes the audit trail; whoever was appraised
    gets a message with the result.
    """
    again = _digest_now(round) if not obstacles_to_announcing(round) else ""

    def obstacles(locked: Round) -> list[str]:
        found = obstacles_to_announcing(locked)
        computation = current_computation(locked)
        if not found and computation is not None and computation.digest != again:
            return [_("Computing again gives another result than the stored one. Please compute the round again.")]
        return found

    with transaction.atomic():
        announced = change_phase(round=round, to=Phase.ANNOUNCED, by=by, ready=obstacles)
        tell_results(announced, by)
    return announced


def seal_round(*, round: Round, by: User) -> Round:  # noqa: A002
    """Seal an announced round: from here on it can only be read. Raises like `announce_round`."""
    return change_phase(round=round, to=Phase.SEALED, by=by, ready=obstacles_to_sealing)


def obstacles_to_sealing(round_: Round) -> list[str]:
    """A list that reads another round's result is only frozen when that result is. One query."""
    words = _("“%(title)s” reads the result of “%(round)s”, which is not announced yet. Announce that round first.")
    unfinished = (
        SelectionSetting.objects.filter(round=round_).exclude(earlier__phase__in=PUBLISHED).select_related("earlier")
    )
    return [words % {"title": setting.title, "round": setting.earlier.title} for setting in unfinished]


def obstacles_to_announcing(round_: Round) -> list[str]:
    """Everything that stands against announcing, in the active language; empty: nothing does."""
    obstacles = []
    if round_.phase == Phase.COLLECTING:
        obstacles.append(_("Inputs are still being collected. Close the input of the round first."))
    computation = current_computation(round_)
    if computation is None:
        return [*obstacles, _("The round has not been computed.")]
    missing = sum(computation.summary.get("missing", {}).values())
    if computation.provisional or missing:
        words = ngettext(
            "The result is provisional: %(count)d input is missing.",
            "The result is provisional: %(count)d inputs are missing.",
            missing,
        )
        obstacles.append(words % {"count": missing})
    if unverified := unverified_count(round_):
        words = ngettext(
            "%(count)d reported figure counts without having been verified.",
            "%(count)d reported figures count without having been verified.",
            unverified,
        )
        obstacles.append(words % {"count": unverified})
    if is_stale(computation, round_):
        obstacles.append(_("Inputs have changed since the result was computed. Please compute the round again."))
    return [*obstacles, *earlier_rounds.obstacles(round_)]


def _digest_now(round_: Round) -> str:
    """The digest that computing now would give; nothing is stored."""
    version = round_.plan_version
    plan = engine_plan(version)
    outcome = score(plan, load_inputs(round_, plan))
    stored = [documents.encode(result) for result in outcome.results]
    return documents.digest(version.digest, ENGINE_VERSION, stored)
