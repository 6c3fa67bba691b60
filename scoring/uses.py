"""What follows from one subject's result: the selections it falls under, and what it is paid."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from indicators.rendering import render
from reviews.models import PartialPresence, Round, Subject

from .engine.types import Plan
from .models import Computation
from .payout import line_words, pay, payout_table
from .selections import QUOTA, Selection, read_selections
from .standings import read_standings
from .vetoes import VETO


@dataclass(frozen=True, slots=True)
class Use:
    title: str
    words: str
    verdict: str = ""


def uses_of(round_: Round, computation: Computation, plan: Plan, subject: Subject, *, sees_all: bool) -> list[Use]:
    """In words. No query for a plan without selections and payout.

    Who sees only the own result is told of a veto once the other round is announced: before, it would say what is
    not known yet.
    """
    found = [
        Use(_title(selection), render(chosen.words), chosen.verdict)
        for selection in read_selections(round_, computation, plan)
        if sees_all or selection.veto is None or selection.veto.is_final
        for chosen in selection.chosen
        if chosen.standing.pk == subject.pk
    ]
    return found + _payout(round_, computation, plan, subject)


def _title(selection: Selection) -> str:
    return (
        selection.title
        if selection.kind in (QUOTA, VETO)
        else _("On the list “%(title)s”") % {"title": selection.title}
    )


def _payout(round_: Round, computation: Computation, plan: Plan, subject: Subject) -> list[Use]:
    table = payout_table(round_, plan)
    if table is None:
        return []
    presence = PartialPresence.objects.filter(subject=subject).first()
    return [
        Use(_("Payout"), render(line_words(table, pay(table, standing, presence))))
        for standing in read_standings(computation, plan, only=subject.pk)
    ]
