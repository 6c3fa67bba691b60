"""Methods fed by ballots: ballot, rank_band, ballot_deduct (rules of §3, §4, §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from ..ballots import Count, Counter, ballot_steps, ballot_words, is_withheld
from ..text import figure, number_in, percent, plain
from ..text import gettext_noop as _
from ..types import BallotForm, Node, NodeScore, Plan, Problem, SubjectInput, Text
from .base import Detail, Method, Report, Scorer, is_number, problem


class VoteScorer(Scorer):
    """Reads a subject's tally; `None` (missing) where no class that counts has a valid vote."""

    source = "votes"

    def __init__(self, node: Node, plan: Plan) -> None:
        super().__init__(node, plan)
        self.form = node.ballot or BallotForm()
        self.counter = Counter(self.form)
        self.scale = Fraction(self.form.scale)

    def read(self, subject: SubjectInput, report: Report) -> Count | None:
        return self.counter.count(subject.votes.get(self.node.code, {}), report)

    def detail(self, count: Count, **more: Any) -> Detail:
        """`votes`: class → answer → number; `mean`: V as a fraction; `silent`: classes without votes."""
        votes = {code: dict(sorted(answers.items())) for code, answers in sorted(count.tally.items())}
        return {"votes": votes, "mean": str(count.mean), "silent": list(count.silent), **more}


def sentence(node: Node, plan: Plan, own: Text) -> Text:
    """The sentences about the votes, then the method's own."""
    said = own
    for part in reversed(ballot_words(node.ballot or BallotForm())):
        said = Text(_("%(sentence)s %(next)s"), {"sentence": part, "next": said})
    return said


def vote_steps(node: Node, plan: Plan, score: NodeScore, own: list[Text]) -> list[Text]:
    """The count of the votes, then the method's own steps, unless these would give withheld votes away."""
    form, votes = node.ballot or BallotForm(), score.detail["votes"]
    steps = ballot_steps(form, votes, plan.minimum_votes)
    return steps if is_withheld(form, votes, plan.minimum_votes) else [*steps, *own]


def check_ballot(node: Node, plan: Plan) -> Iterable[Problem]:
    form = node.ballot or BallotForm()
    if form.scale <= 0 or form.step <= 0:
        yield problem(node, "scale", Text(_("Scale and step are numbers above 0.")))
        return
    for option in form.options:
        if not 0 <= option.value <= form.scale:
            values = {"option": option.title, "scale": figure(form.scale)}
            yield problem(node, "options", Text(_("The value of “%(option)s” is not within 0 and %(scale)s."), values))
    if len({o.title for o in form.options}) < len(form.options):
        yield problem(node, "options", Text(_("An option is there twice.")))
    if len({c.code for c in form.classes}) < len(form.classes):
        yield problem(node, "classes", Text(_("A voter class is there twice.")))
    if not form.classes or any(c.weight < 0 for c in form.classes) or not any(c.weight for c in form.classes):
        yield problem(node, "classes", Text(_("Weights of voter classes are numbers from 0, one of them above 0.")))
    if form.trim < 0:
        yield problem(node, "trim", Text(_("The number of trimmed votes is a whole number from 0.")))


# ------------------------------------------------------------------------------ ballot


class BallotScorer(VoteScorer):
    """points × V / scale."""

    def score(self, subject: SubjectInput, entry: Any) -> tuple[int, Detail]:
        return self.cents(self.points * entry.mean / self.scale), self.detail(entry)


def ballot_method_words(node: Node, plan: Plan) -> Text:
    form = node.ballot or BallotForm()
    values = {"points": figure(node.points), "scale": figure(form.scale)}
    return sentence(node, plan, Text(_("The score is %(points)s × V ÷ %(scale)s."), values))


def ballot_method_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    form = node.ballot or BallotForm()
    mean = Fraction(score.detail["mean"])
    values = {
        "points": figure(node.points),
        "mean": figure(mean),
        "scale": figure(form.scale),
        "score": figure(Fraction(node.points) * mean / Fraction(form.scale)),
    }
    own = [Text(_("%(points)s × %(mean)s ÷ %(scale)s = %(score)s"), values)]
    return vote_steps(node, plan, score, own)


BALLOT = Method(
    key="ballot",
    title=plain(_("Ballot")),
    scorer=BallotScorer,
    words=ballot_method_words,
    steps=ballot_method_steps,
    check=check_ballot,
    votes=True,
)


# ------------------------------------------------------------------------------ rank_band


class RankBandScorer(VoteScorer):
    """points × band value / scale; the band by the rank of exact V inside the category (§5)."""

    def __init__(self, node: Node, plan: Plan) -> None:
        super().__init__(node, plan)
        self.bands = [(Fraction(upto), Fraction(value)) for upto, value in node.settings["bands"]]
        self.ranks: dict[str, dict[Fraction, int]] = {}
        self.sizes: dict[str, int] = {}

    def settle(self, entries: Sequence[tuple[SubjectInput, Any]]) -> None:
        means: dict[str, list[Fraction]] = {}
        for subject, count in entries:
            means.setdefault(subject.category, []).append(count.mean)
        self.sizes = {category: len(values) for category, values in means.items()}
        self.ranks = {category: best_ranks(sorted(values, reverse=True)) for category, values in means.items()}

    def score(self, subject: SubjectInput, entry: Any) -> tuple[int, Detail]:
        size = self.sizes[subject.category]
        rank = self.ranks[subject.category][entry.mean]
        upto, value = next(band for band in self.bands if Fraction(rank, size) <= band[0])
        detail = self.detail(entry, rank=rank, size=size, upto=str(upto), value=figure(value))
        return self.cents(self.points * value / self.scale), detail


def best_ranks(ordered: Sequence[Fraction]) -> dict[Fraction, int]:
    """Of values in order, each one's first place: ties share the best rank."""
    ranks: dict[Fraction, int] = {}
    for place, value in enumerate(ordered, start=1):
        ranks.setdefault(value, place)
    return ranks


def rank_band_words(node: Node, plan: Plan) -> Text:
    form = node.ballot or BallotForm()
    bands = [
        Text(_("up to %(share)s: %(value)s"), {"share": percent(upto), "value": figure(value)})
        for upto, value in node.settings["bands"]
    ]
    values = {"points": figure(node.points), "scale": figure(form.scale), "bands": bands}
    own = Text(
        _(
            "Inside each category the subjects with votes are ranked by V, ties sharing the best rank; rank ÷ number "
            "of subjects gives the value (%(bands)s), and the score is %(points)s × value ÷ %(scale)s."
        ),
        values,
    )
    return sentence(node, plan, own)


def rank_band_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    detail: Mapping[str, Any] = score.detail
    scale = (node.ballot or BallotForm()).scale
    values = {
        "mean": figure(Fraction(detail["mean"])),
        "rank": detail["rank"],
        "size": detail["size"],
        "quotient": figure(Fraction(detail["rank"], detail["size"])),
        "upto": percent(Fraction(detail["upto"])),
        "value": detail["value"],
        "points": figure(node.points),
        "scale": figure(scale),
        "score": figure(Fraction(node.points) * number_in(detail["value"]) / Fraction(scale)),
    }
    own = [
        Text(
            _(
                "V ranks %(rank)s of %(size)s in the category: %(rank)s ÷ %(size)s = %(quotient)s, "
                "within %(upto)s: %(value)s"
            ),
            values,
        ),
        Text(_("%(points)s × %(value)s ÷ %(scale)s = %(score)s"), values),
    ]
    return vote_steps(node, plan, score, own)


def check_rank_band(node: Node, plan: Plan) -> Iterable[Problem]:
    yield from check_ballot(node, plan)
    bands = node.settings.get("bands") or ()
    limits = [band[0] for band in bands]
    if not bands or limits != sorted(set(limits)) or limits[0] <= 0:
        yield problem(node, "bands", Text(_("The bands' shares rise from above 0.")))
    elif limits[-1] != 1:
        yield problem(node, "bands", Text(_("The last band goes up to 1, so that nobody is left out.")))
    if any(not is_number(value) or value < 0 for _upto, value in bands):
        yield problem(node, "bands", Text(_("A band's value is a number from 0.")))


RANK_BAND = Method(
    key="rank_band",
    title=plain(_("Ballot by rank bands")),
    scorer=RankBandScorer,
    words=rank_band_words,
    steps=rank_band_steps,
    check=check_rank_band,
    votes=True,
    settings=frozenset({"bands"}),
)


# ------------------------------------------------------------------------------ ballot_deduct


class BallotDeductScorer(VoteScorer):
    """points − value for the last of the group by V who also got enough votes of an option; else points."""

    def __init__(self, node: Node, plan: Plan) -> None:
        super().__init__(node, plan)
        settings = node.settings
        self.last, self.option, self.votes = int(settings["last"]), settings["option"], int(settings["votes"])
        self.value = Fraction(settings["value"])
        self.places: dict[str, dict[Fraction, int]] = {}

    def settle(self, entries: Sequence[tuple[SubjectInput, Any]]) -> None:
        means: dict[str, list[Fraction]] = {}
        for subject, count in entries:
            means.setdefault(subject.group, []).append(count.mean)
        # From the bottom: ties share the worse place, two tied last are both 1.
        self.places = {group: best_ranks(sorted(values)) for group, values in means.items()}

    def score(self, subject: SubjectInput, entry: Any) -> tuple[int, Detail]:
        place = self.places[subject.group][entry.mean]
        votes = entry.answers.get(self.option, 0)
        deducted = place <= self.last and votes >= self.votes
        score = self.points - self.value if deducted else self.points
        return self.cents(score), self.detail(entry, place=place, option=votes, deducted=deducted)


def ballot_deduct_words(node: Node, plan: Plan) -> Text:
    own = Text(
        _(
            "Full %(points)s points; whoever is among the last %(last)s of the group by V and got at least %(votes)s "
            "votes of “%(option)s” loses %(value)s."
        ),
        _deduct_values(node),
    )
    return sentence(node, plan, own)


def _deduct_values(node: Node) -> dict[str, Any]:
    settings = node.settings
    return {
        "points": figure(node.points),
        "last": int(settings["last"]),
        "votes": int(settings["votes"]),
        "option": settings["option"],
        "value": figure(settings["value"]),
    }


def ballot_deduct_steps(node: Node, plan: Plan, score: NodeScore) -> list[Text]:
    values = _deduct_values(node) | {"place": score.detail["place"], "got": score.detail["option"]}
    rest = Fraction(node.points) - Fraction(node.settings["value"])
    values["rest"] = figure(rest)
    facts = Text(
        _(
            "place %(place)s from the end of the group (concerned: up to %(last)s); “%(option)s”: %(got)s votes "
            "(concerned: from %(votes)s)"
        ),
        values,
    )
    last = _("both conditions hold: %(points)s − %(value)s = %(rest)s")
    if not score.detail["deducted"]:
        last = _("not both conditions hold: full %(points)s points")
    return vote_steps(node, plan, score, [facts, Text(last, values)])


def check_ballot_deduct(node: Node, plan: Plan) -> Iterable[Problem]:
    yield from check_ballot(node, plan)
    settings = node.settings
    options = [o.title for o in (node.ballot or BallotForm()).options]
    if settings.get("option") not in options:
        values = {"option": str(settings.get("option", "—")), "options": options}
        yield problem(node, "option", Text(_("%(option)s is not an option of this ballot: %(options)s."), values))
    for name in ("last", "votes"):
        if not isinstance(settings.get(name), int) or settings[name] < 1:
            yield problem(node, name, Text(_("A whole number from 1 expected.")))
    value = settings.get("value")
    if not is_number(value) or not 0 < value <= node.points:  # type: ignore[operator]
        yield problem(node, "value", Text(_("The deduction is above 0 and at most the full points.")))


BALLOT_DEDUCT = Method(
    key="ballot_deduct",
    title=plain(_("Ballot with a deduction for the last")),
    scorer=BallotDeductScorer,
    words=ballot_deduct_words,
    steps=ballot_deduct_steps,
    check=check_ballot_deduct,
    votes=True,
    settings=frozenset({"last", "option", "votes", "value"}),
)
