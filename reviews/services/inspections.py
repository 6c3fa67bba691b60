"""On-site verification: drawing or choosing a sample, what was found, and the deduction that follows."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from indicators.rendering import joined
from indicators.services import engine_plan
from reviews.models import (
    Conclusion,
    Event,
    EventStatus,
    Inspection,
    NotApplicable,
    Round,
    Sampling,
    Subject,
)
from reviews.sampling import MOST_TICKETS, Candidate, draw, draw_leaves, size_of
from reviews.tree import Tree
from units import access, audit
from units.models import User

from .errors import Conflict, InvalidInput, NotAllowed, Theirs
from .events import EventData, add_event, decide_events
from .rounds import ensure_collecting

LONGEST_SEED = 80


@dataclass(frozen=True, slots=True)
class SampleWish:
    """What a random sample is to be. `sizes`: category → “5” or “20%”; `each` 0: all leaves that apply.

    `weights`: subject code → how many times as likely as the others (1 … 100). `seed` "": made here.
    """

    title: str
    sizes: Mapping[str, str]
    leaves: Sequence[str]
    each: int = 0
    seed: str = ""
    weights: Mapping[str, int] | None = None
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What is written down about one indicator of one subject."""

    date: datetime.date | None = None
    inspectors: str = ""
    checked: str = ""
    claimed: str = ""
    found: str = ""
    conclusion: str = ""
    note: str = ""


def draw_sample(*, round: Round, wish: SampleWish, by: User) -> Sampling:  # noqa: A002
    """Draw subjects and leaves with a seed, and keep all that is needed to draw them again. Audited.

    Raises NotAllowed, RoundClosed, InvalidInput ("title", "sizes", "leaves", "each", "weights", "seed").
    """
    if not access.may_run_inspections(by):
        raise NotAllowed
    with transaction.atomic():
        locked = ensure_collecting(round)
        tree = Tree(engine_plan(locked.plan_version))
        leaves = _leaves(tree, wish.leaves)
        subjects = list(Subject.objects.filter(round=locked).order_by("order", "code"))
        weights = dict(wish.weights or {})
        _check_weights(weights, subjects)
        population = [Candidate(one.code, one.category, weights.get(one.code, 1)) for one in subjects]
        sizes = _sizes(wish.sizes, population)
        if wish.each < 0 or wish.each > len(leaves):
            raise InvalidInput(_("So many indicators were not chosen."), "each")
        seed = wish.seed.strip()
        if len(seed) > LONGEST_SEED:
            raise InvalidInput(_("A seed has at most %(most)d characters.") % {"most": LONGEST_SEED}, "seed")
        sampling = Sampling(
            title=wish.title.strip(),
            seed=seed or secrets.token_hex(16),
            seed_stated=bool(seed),
            parameters={
                # A list: a database may not keep the order of an object's keys.
                "sizes": [[name, size, wish.sizes[name].strip()] for name, size in sizes.items()],
                "leaves": leaves,
                "each": wish.each,
            },
            population=[[one.code, one.category, one.weight] for one in population],
            spared=_spared(locked, tree, leaves),
            shown=wish.shown,
        )
        sampling.drawn = drawn_again(sampling)
        return _store(locked, sampling, subjects, by)


def choose_sample(
    *,
    round: Round,  # noqa: A002
    title: str,
    subjects: Sequence[Subject],
    leaves: Sequence[str],
    reason: str,
    by: User,
    shown: bool = False,
) -> Sampling:
    """Choose subjects and leaves by hand, with the reason why these. Audited. Raises like `draw_sample`."""
    if not access.may_run_inspections(by):
        raise NotAllowed
    if not reason.strip():
        raise InvalidInput(_("Say why these were chosen."), "reason")
    with transaction.atomic():
        locked = ensure_collecting(round)
        tree = Tree(engine_plan(locked.plan_version))
        codes = _leaves(tree, leaves)
        if not subjects:
            raise InvalidInput(_("Choose at least one subject."), "subjects")
        if any(one.round_id != locked.pk for one in subjects):
            raise InvalidInput(_("This subject is not in the round."), "subjects")
        spared = _spared(locked, tree, codes)
        chosen = list({one.code: one for one in subjects}.values())
        sampling = Sampling(
            title=title.strip(),
            reason=reason.strip()[:500],
            parameters={"leaves": codes},
            spared={one.code: spared[one.code] for one in chosen if one.code in spared},
            drawn=[[one.code, [code for code in codes if code not in spared.get(one.code, ())]] for one in chosen],
            shown=shown,
        )
        return _store(locked, sampling, chosen, by)


def drawn_again(sampling: Sampling) -> list[list[object]]:
    """What the kept seed, population and parameters give: [subject code, [leaves]], in the order drawn."""
    population = [Candidate(code, category, weight) for code, category, weight in sampling.population]
    settled = sampling.parameters
    sizes = {category: size for category, size, _asked in settled["sizes"]}
    return [
        [code, draw_leaves(sampling.seed, code, settled["leaves"], settled["each"], sampling.spared.get(code, ()))]
        for code in draw(sampling.seed, population, sizes)
    ]


def show_sample(*, sampling: Sampling, shown: bool, by: User) -> None:
    """Whether the subjects see their records before the result is announced. Audited."""
    if not access.may_run_inspections(by):
        raise NotAllowed
    with transaction.atomic():
        ensure_collecting(sampling.round_id)
        if Sampling.objects.filter(pk=sampling.pk).exclude(shown=shown).update(shown=shown):
            audit.record(
                by,
                "show visits",
                sampling,
                changes={"shown at once": ("no" if shown else "yes", "yes" if shown else "no")},
                round_id=sampling.round_id,
            )
    sampling.shown = shown


def record_finding(*, inspection: Inspection, data: Finding, seen: int, by: User) -> Inspection:
    """Write down what was found, if the record is still the one `seen`. Audited with from and to.

    Raises NotAllowed, RoundClosed, Conflict, InvalidInput ("date", "inspectors", "found": a conclusion needs them).
    """
    if not access.may_run_inspections(by):
        raise NotAllowed
    data = _clean(data)
    _check_finding(data)
    with transaction.atomic():
        ensure_collecting(inspection.sampling.round_id)
        current = Inspection.objects.select_related("subject", "updated_by").get(pk=inspection.pk)
        before = {name: getattr(current, name) for name in asdict(data)}
        if current.version != seen:
            words = current.get_conclusion_display() or current.found or "—"
            raise Conflict(Theirs(words, current.note, current.updated_by, current.updated_at, str(current.version)))
        if before == asdict(data):
            return current
        Inspection.objects.filter(pk=current.pk).update(
            version=F("version") + 1, updated_by=by, updated_at=timezone.now(), **asdict(data)
        )
        audit.record(
            by,
            "record visit",
            current,
            label=label_of(current),
            changes={name: (old or None, getattr(data, name) or None) for name, old in before.items()},
            round_id=current.subject.round_id,
        )
    inspection.refresh_from_db()
    return inspection


def propose_deduction(*, inspection: Inspection, data: EventData, by: User, approve: bool = False) -> Event:
    """Enter the deduction that follows from what was found, as an event of the plan's catalogue; linked. Audited.

    With `approve` the office approves it at once. Raises NotAllowed, RoundClosed, InvalidInput (of the event; or a
    record that is true, not finished, or has its deduction already).
    """
    if not access.may_run_inspections(by):
        raise NotAllowed
    with transaction.atomic():
        round_ = ensure_collecting(inspection.sampling.round_id)
        current = Inspection.objects.select_related("subject", "event").get(pk=inspection.pk)
        if current.conclusion not in {Conclusion.PARTLY, Conclusion.FALSE}:
            raise InvalidInput(_("A deduction follows only from what was found partly true or not true."))
        if current.event is not None and current.event.status != EventStatus.REJECTED:
            raise InvalidInput(_("This record has its deduction already."))
        event = add_event(subject=current.subject, data=data, by=by)
        Inspection.objects.filter(pk=current.pk).update(event=event, version=F("version") + 1)
        if approve:
            words = _("on-site verification: %(conclusion)s") % {"conclusion": current.get_conclusion_display()}
            decide_events(
                round=round_, seen=[(event.pk, event.version)], status=EventStatus.APPROVED, reason=words, by=by
            )
            event.refresh_from_db()
        audit.record(
            by,
            "deduct after visit",
            current,
            label=label_of(current),
            changes={"event": (None, str(event)), "status": (None, event.status)},
            round_id=round_.pk,
        )
    inspection.refresh_from_db()
    return event


def label_of(inspection: Inspection) -> str:
    return f"{inspection.subject.name} · {inspection.indicator}"


# ---------------------------------------------------------------- checks and rows


def _store(round_: Round, sampling: Sampling, subjects: Sequence[Subject], by: User) -> Sampling:
    if not sampling.title:
        raise InvalidInput(_("Give the sample a title."), "title")
    if not any(leaves for _code, leaves in sampling.drawn):
        raise InvalidInput(_("Nothing was drawn: no subject, or none of the indicators applies."), "sizes")
    last = Sampling.objects.filter(round=round_).aggregate(last=Max("number"))["last"] or 0
    sampling.round, sampling.number, sampling.made_by = round_, last + 1, by
    sampling.save(force_insert=True)
    by_code = {one.code: one for one in subjects}
    pairs = [(code, leaf) for code, leaves in sampling.drawn for leaf in leaves]
    Inspection.objects.bulk_create(
        (
            Inspection(sampling=sampling, subject=by_code[code], indicator=leaf, order=order)
            for order, (code, leaf) in enumerate(pairs, start=1)
        ),
        batch_size=500,
    )
    audit.record(
        by,
        "draw sample" if sampling.is_random else "choose sample",
        sampling,
        changes={
            "seed": (None, sampling.seed or None),
            "subjects": (None, len(sampling.drawn)),
            "visits": (None, len(pairs)),
        },
        round_id=round_.pk,
        reason=sampling.reason,
    )
    return sampling


def _leaves(tree: Tree, codes: Sequence[str]) -> list[str]:
    """The chosen leaves in the plan's order."""
    leaves = [code for code, node in tree.nodes.items() if not node.children and code in set(codes)]
    if not leaves or len(leaves) < len(set(codes)):
        raise InvalidInput(_("Choose at least one indicator."), "leaves")
    return leaves


def _sizes(asked: Mapping[str, str], population: Sequence[Candidate]) -> dict[str, int]:
    sizes = {}
    for category, text in asked.items():
        here = sum(one.category == category for one in population)
        size = size_of(text.strip() or "0", here)
        if size is None:
            words = _("“%(text)s” is neither a number nor a share such as 20%%.")
            raise InvalidInput(words % {"text": text}, "sizes")
        if size:
            sizes[category] = size
    if not sizes:
        raise InvalidInput(_("Say how many subjects are to be drawn."), "sizes")
    return sizes


def _check_weights(weights: Mapping[str, int], subjects: Sequence[Subject]) -> None:
    if unknown := sorted(weights.keys() - {one.code for one in subjects}):
        raise InvalidInput(_("These are not subjects of the round: %(list)s.") % {"list": joined(unknown)}, "weights")
    if any(not 1 <= weight <= MOST_TICKETS for weight in weights.values()):
        words = _("A weight is a whole number from 1 to %(most)d.") % {"most": MOST_TICKETS}
        raise InvalidInput(words, "weights")


def _spared(round_: Round, tree: Tree, leaves: Sequence[str]) -> dict[str, list[str]]:
    """Subject code → those of the leaves that are not applicable to it, by themselves or by a node above. One query."""
    paths = {leaf: set(tree.path(leaf)) for leaf in leaves}
    out: dict[str, set[str]] = {}
    for code, indicator in NotApplicable.objects.filter(subject__round=round_).values_list(
        "subject__code", "indicator"
    ):
        out.setdefault(code, set()).update(leaf for leaf in leaves if indicator in paths[leaf])
    return {code: [leaf for leaf in leaves if leaf in spared] for code, spared in sorted(out.items()) if spared}


def _clean(data: Finding) -> Finding:
    """Without blanks around, and with the line ends that are stored."""

    def tidy(text: str) -> str:
        return text.replace("\r\n", "\n").strip()

    return Finding(
        date=data.date,
        inspectors=tidy(data.inspectors),
        checked=tidy(data.checked),
        claimed=tidy(data.claimed),
        found=tidy(data.found),
        conclusion=data.conclusion,
        note=tidy(data.note),
    )


def _check_finding(data: Finding) -> None:
    if data.conclusion and data.conclusion not in Conclusion.values:
        raise InvalidInput(_("Choose a conclusion."), "conclusion")
    if not data.conclusion:
        return
    if data.date is None:
        raise InvalidInput(_("A conclusion needs the date of the visit."), "date")
    if not data.inspectors:
        raise InvalidInput(_("A conclusion needs the names of the inspectors."), "inspectors")
    if data.conclusion != Conclusion.TRUE and not data.found:
        raise InvalidInput(_("Write down what was found."), "found")
