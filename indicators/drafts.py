"""Drafts of plans: begin, change step by step, undo, and publish as the plan's next version.

Every change is a step of its own with its words and the document after it, so that anything can be
taken back. Nothing computes with a draft; a version comes of it only when it has no errors.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from scoring.engine.text import gettext_noop
from scoring.engine.types import Text
from units import access, audit
from units.models import User

from . import document as documents
from . import services
from .editor.errors import for_the_editor
from .edits import Edit, Refused
from .models import DraftStep, Plan, PlanDraft, PlanVersion

KEPT = 100  # steps of a draft that can be taken back


class Superseded(RuntimeError):
    """The plan has a newer version than the draft began with; `newest` is that version."""

    def __init__(self, newest: PlanVersion) -> None:
        super().__init__(newest.number)
        self.newest = newest


def checked(draft: PlanDraft) -> documents.Checked:
    """The draft read completely: typed values, the engine's plan unless it has errors, all problems."""
    found = documents.check(draft.document)
    return replace(found, problems=tuple(map(for_the_editor, found.problems)))


def _guard(by: User) -> None:
    if not access.may_manage_plans(by):
        raise PermissionDenied


# ------------------------------------------------------------------------------ beginning


def start_draft(*, version: PlanVersion, by: User) -> PlanDraft:
    """The open draft of the version's plan; where there is none, a new one that begins with this version."""
    _guard(by)
    found = PlanDraft.objects.filter(plan=version.plan).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return _begin(version.document, by=by, plan=version.plan, base=version)
    except IntegrityError:  # somebody began at the same moment: theirs is the draft
        return PlanDraft.objects.get(plan=version.plan)


def new_draft(*, values: Mapping[str, Any], by: User) -> PlanDraft:
    """A plan from nothing: what stands on top, and a root of 100 points. Raises `Refused`."""
    _guard(by)
    _free_code(str(values.get("code", "")))
    root = {"code": "R", "title": _("Total score"), "points": "100"}
    return _begin({**values, "indicators": [root]}, by=by)


def copy_plan(*, version: PlanVersion, code: str, title: str, by: User, years: int = 0) -> PlanDraft:
    """Last year's plan as the beginning of a new one; dates of its process move by `years`. Raises `Refused`."""
    _guard(by)
    _free_code(code)
    document = copy.deepcopy(version.document)
    document |= {"code": code, "title": title}
    if years:
        _move_years(document, years)
    return _begin(document, by=by, base=version)


def from_document(*, document: Mapping[str, Any], by: User) -> PlanDraft:
    """A draft of a plan file's content, which may have errors; of the plan of its code if there is one."""
    _guard(by)
    plan = Plan.objects.filter(code=str(document.get("code", ""))).first()
    base = plan.versions.first() if plan is not None else None
    return _begin(document, by=by, plan=plan, base=base)


def _free_code(code: str) -> None:
    if Plan.objects.filter(code=code).exists():
        text = Text(gettext_noop("The library has a plan “%(code)s” already: choose another code."), {"code": code})
        raise Refused((("code",), text))


def _move_years(document: dict[str, Any], years: int) -> None:
    for step in document.get("process", []):
        for key in ("start", "due"):
            if isinstance(step.get(key), str):
                year, rest = step[key].split("-", 1)
                # A leap day has no counterpart: the last day of February stands for it.
                step[key] = f"{int(year) + years:04}-{rest.replace('02-29', '02-28')}"


def next_year(text: str) -> tuple[str, int]:
    """A title or code with its year raised by one, and by how many years: ("…2017…", 1) of "…2016…"."""
    found = re.search(r"(?<!\d)(19|20)\d\d(?!\d)", text)
    if not found:
        return text, 0
    return text[: found.start()] + str(int(found[0]) + 1) + text[found.end() :], 1


@transaction.atomic
def _begin(
    document: Mapping[str, Any], *, by: User, plan: Plan | None = None, base: PlanVersion | None = None
) -> PlanDraft:
    stored = copy.deepcopy(dict(document))
    draft = PlanDraft.objects.create(plan=plan, base=base, document=stored, created_by=by, updated_by=by)
    DraftStep.objects.create(draft=draft, number=0, document=stored, by=by)
    audit.record(by, "start plan draft", draft, label=str(draft))
    return draft


# ------------------------------------------------------------------------------ changing


def change(*, draft: PlanDraft, edit: Edit, by: User) -> PlanDraft:
    """Carry out an edit as a new step; the steps that were taken back before it are gone.

    Raises `Refused` (also `Changed`), and then nothing is changed. An edit that changes nothing
    leaves no step.
    """
    _guard(by)
    with transaction.atomic():
        locked = PlanDraft.objects.select_for_update().get(pk=draft.pk)
        document = copy.deepcopy(locked.document)
        words = edit(document)
        if document == locked.document:
            return locked
        locked.steps.filter(number__gt=locked.position).delete()
        locked.position += 1
        DraftStep.objects.create(
            draft=locked,
            number=locked.position,
            document=document,
            message=words.message,
            values=_plain_words(words.values),
            by=by,
        )
        locked.steps.filter(number__lt=locked.position - KEPT).delete()
        return _store(locked, document, by)


def undo(*, draft: PlanDraft, by: User) -> PlanDraft:
    """One step back. Raises `Refused` if there is nothing to take back."""
    return _go(draft, by, -1, Text(gettext_noop("There is nothing to undo.")))


def redo(*, draft: PlanDraft, by: User) -> PlanDraft:
    """One step forward again. Raises `Refused` if nothing was taken back."""
    return _go(draft, by, 1, Text(gettext_noop("There is nothing to redo.")))


def _go(draft: PlanDraft, by: User, way: int, nothing: Text) -> PlanDraft:
    _guard(by)
    with transaction.atomic():
        locked = PlanDraft.objects.select_for_update().get(pk=draft.pk)
        step = locked.steps.filter(number=locked.position + way).first()
        if step is None:
            raise Refused(((), nothing))
        locked.position = step.number
        return _store(locked, step.document, by)


def _store(draft: PlanDraft, document: dict[str, Any], by: User) -> PlanDraft:
    draft.document = document
    draft.updated_by = by
    draft.save(update_fields=["document", "position", "updated_by", "updated_at"])
    return draft


def _plain_words(values: Mapping[str, Any]) -> dict[str, Any]:
    """A step's values as JSON holds them; nested texts as {"text": message}."""
    return {name: {"text": value.message} if isinstance(value, Text) else str(value) for name, value in values.items()}


def step_words(step: DraftStep) -> Text:
    values = {name: Text(value["text"]) if isinstance(value, Mapping) else value for name, value in step.values.items()}
    return Text(step.message, values)


def history(draft: PlanDraft) -> tuple[DraftStep | None, DraftStep | None]:
    """The step that undo takes back, and the one that redo carries out again. One query, without documents."""
    steps = draft.steps.filter(number__in=(draft.position - 1, draft.position, draft.position + 1))
    near = {step.number: step for step in steps.select_related("by").defer("document")}
    undoable = near.get(draft.position) if draft.position - 1 in near else None
    return undoable, near.get(draft.position + 1)


# ------------------------------------------------------------------------------ ending


def publish(*, draft: PlanDraft, by: User, note: str = "", despite_newer: bool = False) -> PlanVersion:
    """Make the draft the plan's newest version and end it.

    Raises `PermissionDenied`, `DocumentErrors`, `Refused` (a new plan whose code was taken meanwhile) and,
    unless `despite_newer`, `Superseded` where the plan got another version since the draft began.
    """
    _guard(by)
    with transaction.atomic():
        locked = PlanDraft.objects.select_for_update(of=("self",)).select_related("plan", "base").get(pk=draft.pk)
        if locked.plan is None:
            _free_code(str(locked.document.get("code", "")))
            version, _is_new = services.import_plan(document=locked.document, by=by, note=note)
        else:
            newest = locked.plan.versions.first()
            if newest is not None and newest != locked.base and not despite_newer:
                raise Superseded(newest)
            version = services.save_version(plan=locked.plan, document=locked.document, by=by, note=note)
        locked.delete()
        return version


def discard(*, draft: PlanDraft, by: User) -> None:
    """Throw the draft away, with all its steps."""
    _guard(by)
    with transaction.atomic():
        audit.record(by, "discard plan draft", draft, label=str(draft))
        draft.delete()
