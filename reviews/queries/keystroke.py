"""What every keystroke in a sheet reads: the round, its sheets, the subjects. One prepared statement each."""

from __future__ import annotations

from collections.abc import Collection

from appraisal_site.lib.prepared import Prepared, instance, names_of
from indicators.models import PlanVersion
from reviews.models import Assignment, Round, Subject
from units.models import Person

# The plan's document is as large as a picture and lies parsed in `engine_plan` already.
VERSION = names_of(PlanVersion, but=["document"])
ROUND = names_of(Round)
SHEET = names_of(Assignment)
SUBJECT = names_of(Subject)
PERSON = names_of(Person)

_round = Prepared(
    lambda pk: Round.objects.filter(pk=pk).values_list(
        *ROUND, *names_of(PlanVersion, but=["document"], under="plan_version__")
    )
)
_locked = Prepared(lambda pk: Round.objects.filter(pk=pk).select_for_update().values_list(*ROUND))
_version = Prepared(lambda pk: PlanVersion.objects.filter(pk=pk).values_list(*VERSION))
_sheets = Prepared(lambda round_: Assignment.objects.filter(round=round_).values_list(*SHEET))
_some_sheets = Prepared(lambda round_, ids: Assignment.objects.filter(round=round_, pk__in=ids).values_list(*SHEET))
_subjects = Prepared(
    lambda round_, ids: (
        Subject.objects.filter(round=round_, pk__in=ids)
        .order_by()
        .values_list(*SUBJECT, *names_of(Person, under="person__"))
    )
)


def light_round(pk: int) -> Round | None:
    """The round without the document of its plan."""
    for row in _round(pk):
        found = instance(Round, ROUND, row[: len(ROUND)])
        found.plan_version = instance(PlanVersion, VERSION, row[len(ROUND) :])
        return found
    return None


def locked_round(pk: int, known: Round | None = None) -> Round:
    """The round, locked until the end of the transaction. Two statements; one if `known` has the version of its plan,
    which never changes. Raises Round.DoesNotExist."""
    rows = _locked(pk)
    if not rows:
        raise Round.DoesNotExist
    found = instance(Round, ROUND, rows[0])
    if known is not None and known.plan_version_id == found.plan_version_id:
        found.plan_version = known.plan_version
    else:
        found.plan_version = instance(PlanVersion, VERSION, _version(found.plan_version_id)[0])
    return found


def sheets_of(round_: Round, only: Collection[int] | None = None) -> list[Assignment]:
    """The sheets of a round, or some of them; each knows its round."""
    rows = _sheets(round_.pk) if only is None else _some_sheets(round_.pk, list(only))
    sheets = [instance(Assignment, SHEET, row) for row in rows]
    for sheet in sheets:
        sheet.round = round_
    return sheets


def subjects_with_person(round_id: int, ids: Collection[int]) -> dict[int, Subject]:
    """Those of these subjects that the round has."""
    found: dict[int, Subject] = {}
    for row in _subjects(round_id, list(ids)):
        subject = instance(Subject, SUBJECT, row[: len(SUBJECT)])
        subject.person = instance(Person, PERSON, row[len(SUBJECT) :]) if subject.person_id else None
        found[subject.pk] = subject
    return found
