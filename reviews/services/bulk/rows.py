"""Everything but ballots: subjects, facts, marks, 不适用, attainments, numbers, events, tallies, earlier results."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils import timezone

from indicators.services import engine_plan
from reviews.models import (
    Assignment,
    Attainment,
    EarlierResult,
    Event,
    EventStatus,
    Mark,
    NotApplicable,
    NumberInput,
    PaperTally,
    Round,
    Source,
    Subject,
    SubjectFact,
)
from reviews.services.trail import BRANCH, CELL, FACT, part_entry
from reviews.tree import Tree
from units import audit
from units.models import AuditEntry, User

from .content import (
    AttainmentRow,
    Changes,
    EarlierRow,
    EventRow,
    MarkRow,
    NotApplicableRow,
    NumberRow,
    SubjectRow,
    TallyRow,
)
from .tools import BATCH, delete_rows

REASON = "workbook"
Key = tuple[Any, ...]
# An audit entry of one row: key, values before, values after (None: withdrawn).
Auditor = Callable[[Key, Mapping[str, Any], Mapping[str, Any] | None], AuditEntry]


@dataclass(frozen=True, slots=True)
class Section:
    """How the rows of one model are matched: by subject and `key`; `values` is what they say.

    `sourced`: rows know whether they came from the browser, have a version, and say who changed them.
    """

    model: type[Model]
    key: tuple[str, ...]
    values: tuple[str, ...]
    sourced: bool = True


MARK = Section(Mark, ("indicator", "assessor"), ("value", "note"))
BRANCHES = Section(NotApplicable, ("indicator",), ("assessor", "note"))
ATTAINED = Section(Attainment, ("indicator",), ("target", "actual"))
NUMBER = Section(NumberInput, ("indicator",), ("value",))
TALLY = Section(PaperTally, ("indicator", "voter_class", "answer"), ("count",), sourced=False)
RESULT = Section(EarlierResult, ("set_name", "round_name"), ("total", "points", "grade"), sourced=False)
FACTS = Section(SubjectFact, ("code",), ("value",), sourced=False)
EVENT_KEY = ("indicator", "item", "count", "value", "matter", "basis", "date")


class Writer:
    """Writes the sections of one round; `finish` stores the audit entries."""

    def __init__(self, round_: Round, by: User | None) -> None:
        self.round, self.by = round_, by
        self.tree = Tree(engine_plan(round_.plan_version))
        self.now = timezone.now()
        self.entries: list[AuditEntry] = []
        self.by_id: dict[int, Subject] = {}
        self.ids: dict[str, int] = {}
        self._read_subjects()
        self.assignments = {
            (code, name): pk
            for pk, code, name in Assignment.objects.filter(round=round_).values_list("id", "indicator", "assessor")
        }

    def finish(self) -> None:
        AuditEntry.objects.bulk_create(self.entries, batch_size=BATCH)

    # ------------------------------------------------------------------ subjects and facts

    def _read_subjects(self) -> None:
        self.by_id = {subject.pk: subject for subject in Subject.objects.filter(round=self.round)}
        for subject in self.by_id.values():
            subject.round = self.round
        self.ids = {subject.code: pk for pk, subject in self.by_id.items()}

    def subjects(self, rows: Sequence[SubjectRow], *, withdraw: bool) -> Changes:
        """Names, categories, groups and order as listed; new ones are added, linked as their rows say."""
        changes = Changes()
        self._add_subjects([row for row in rows if row.code not in self.ids], changes)
        changed = []
        for order, row in enumerate(rows, start=1):
            subject = self.by_id[self.ids[row.code]]
            now = {"name": row.name, "category": row.category, "group": row.group}
            before = {name: getattr(subject, name) for name in now}
            if before == now:
                changes.unchanged += 1
                if subject.order == order:
                    continue
            else:
                changes.changed += 1
            for name, value in now.items():
                setattr(subject, name, value)
            subject.order = order
            changed.append(subject)
            if before != now:
                pairs = {name: (before[name], now[name]) for name in now}
                self._note("change subject", subject, pairs)
        Subject.objects.bulk_update(changed, ["name", "category", "group", "order"], batch_size=100)
        if withdraw:
            listed = {row.code for row in rows}
            gone = [subject for subject in self.by_id.values() if subject.code not in listed]
            for subject in gone:
                self._note("withdraw subject", subject, {"code": (subject.code, None)})
            delete_rows(Subject, [subject.pk for subject in gone])
            changes.withdrawn = len(gone)
            self.by_id = {pk: subject for pk, subject in self.by_id.items() if subject.code in listed}
            self.ids = {subject.code: pk for pk, subject in self.by_id.items()}
        return changes

    def _add_subjects(self, rows: Sequence[SubjectRow], changes: Changes) -> None:
        """Their order is set with everybody's."""
        Subject.objects.bulk_create(
            (
                Subject(
                    round=self.round,
                    code=row.code,
                    name=row.name,
                    category=row.category,
                    group=row.group,
                    unit=row.unit,
                    person=row.person,
                )
                for row in rows
            ),
            batch_size=BATCH,
        )
        changes.new = len(rows)
        changes.unchanged = -len(rows)  # the loop over all rows finds these as they are
        if rows:
            self._read_subjects()
            for row in rows:
                added = self.by_id[self.ids[row.code]]
                self._note("add subject", added, {"category": (None, row.category)})

    def _note(self, action: str, subject: Subject, changes: Mapping[str, tuple[Any, Any]]) -> None:
        self.entries.append(
            audit.entry(self.by, action, subject, changes=changes, round_id=self.round.pk, reason=REASON)
        )

    def facts(self, rows: Sequence[SubjectRow], *, clear: bool) -> Changes:
        """Facts of the columns that the sheet has. An empty cell says nothing, unless `clear`: then it clears."""
        stated = {
            (self.ids[row.code], code): {"value": value} for row in rows for code, value in row.facts.items() if value
        }
        return self._sync(FACTS, stated, self._fact_entry, keep=None if clear else lambda _key: True)

    # ------------------------------------------------------------------ marks and the like

    def marks(self, rows: Sequence[MarkRow], off: Sequence[NotApplicableRow]) -> Changes:
        """Marks; one entered in the browser gives way to a 不适用 that the workbook states for the same leaf."""
        stated = {
            (self.ids[row.subject], row.indicator, row.assessor): {"value": row.value, "note": row.note} for row in rows
        }
        over = {(self.ids[row.subject], row.indicator) for row in off}
        return self._sync(MARK, stated, self._mark_entry, keep=lambda key: key[:2] not in over)

    def not_applicable(self, rows: Sequence[NotApplicableRow], marks: Sequence[MarkRow]) -> Changes:
        """不适用; one set in the browser gives way to a mark that the workbook states for the same leaf."""
        stated = {(self.ids[row.subject], row.indicator): {"assessor": row.assessor, "note": row.note} for row in rows}
        over = {(self.ids[row.subject], row.indicator) for row in marks}
        return self._sync(BRANCHES, stated, self._branch_entry, keep=lambda key: key not in over)

    def attainments(self, rows: Sequence[AttainmentRow]) -> Changes:
        stated = {(self.ids[r.subject], r.indicator): {"target": r.target, "actual": r.actual} for r in rows}
        return self._sync(ATTAINED, stated, self._cell_entry)

    def numbers(self, rows: Sequence[NumberRow]) -> Changes:
        stated = {(self.ids[r.subject], r.indicator): {"value": r.value} for r in rows}
        return self._sync(NUMBER, stated, self._cell_entry)

    def tallies(self, rows: Sequence[TallyRow]) -> Changes:
        """Lines of the same answer, from several boxes, are added up. Not audited: they are votes."""
        sums: Counter[Key] = Counter()
        for r in rows:
            sums[self.ids[r.subject], r.indicator, r.voter_class, r.answer] += r.count
        return self._sync(TALLY, {key: {"count": count} for key, count in sums.items()}, None)

    def earlier(self, rows: Sequence[EarlierRow]) -> Changes:
        stated = {
            (self.ids[r.subject], r.set_name, r.round_name): {"total": r.total, "points": r.points, "grade": r.grade}
            for r in rows
        }
        return self._sync(RESULT, stated, self._cell_entry)

    # ------------------------------------------------------------------ events

    def events(self, rows: Sequence[EventRow]) -> Changes:
        """Events have no key: they are matched by what they say, as a multiset.

        An event entered in the browser that says the same is the same event. One that differs in its status only
        gets the workbook's status. Others that an earlier workbook brought are withdrawn.
        """
        changes = Changes()
        stored: dict[Key, list[Event]] = defaultdict(list)
        for event in Event.objects.filter(subject__round=self.round).order_by("-source", "id"):  # workbook's first
            stored[event.subject_id, *(getattr(event, name) for name in EVENT_KEY)].append(event)
        wanted: dict[Key, Counter[str]] = defaultdict(Counter)
        for row in rows:
            wanted[self.ids[row.subject], *(getattr(row, name) for name in EVENT_KEY)][row.status] += 1
        created: list[Event] = []
        changed: list[Event] = []
        for key, statuses in wanted.items():
            left = stored.pop(key, [])
            left, statuses = self._same_status(left, statuses, changes)
            for status in statuses.elements():
                if left:
                    changed.append(self._restated(left.pop(0), status))
                else:
                    created.append(self._new_event(key, status))
            if left:
                stored[key] = left
        gone = [event for left in stored.values() for event in left if event.source == Source.WORKBOOK]
        for event in gone:
            self.entries.append(self._event_entry("withdraw event", event, (event.status, None)))
        delete_rows(Event, [event.pk for event in gone])
        fields = ["status", "source", "version", "updated_by", "updated_at", "decided_by", "decided_at", "returned"]
        Event.objects.bulk_update(changed, fields, batch_size=100)
        Event.objects.bulk_create(created, batch_size=BATCH)
        changes.new, changes.changed, changes.withdrawn = len(created), len(changed), len(gone)
        return changes

    @staticmethod
    def _same_status(left: list[Event], wanted: Counter[str], changes: Changes) -> tuple[list[Event], Counter[str]]:
        rest, statuses = [], wanted.copy()
        for event in left:
            if statuses[event.status] > 0:
                statuses[event.status] -= 1
                changes.unchanged += 1
            else:
                rest.append(event)
        return rest, statuses

    def _restated(self, event: Event, status: str) -> Event:
        self.entries.append(self._event_entry("decide event", event, (event.status, status)))
        event.status, event.source = status, Source.WORKBOOK
        event.version += 1
        event.updated_by, event.updated_at = self.by, self.now
        self._decide(event)
        return event

    def _new_event(self, key: Key, status: str) -> Event:
        values = dict(zip(EVENT_KEY, key[1:], strict=True))
        event = Event(
            subject_id=key[0],
            status=status,
            source=Source.WORKBOOK,
            created_by=self.by,
            updated_by=self.by,
            month=f"{values['date']:%Y-%m}" if values["date"] else "",
            **values,
        )
        self._decide(event)
        return event

    def _decide(self, event: Event) -> None:
        event.returned = False
        decided = event.status != EventStatus.PENDING
        event.decided_by, event.decided_at = (self.by, self.now) if decided else (None, None)

    def _event_entry(self, action: str, event: Event, status: tuple[str, str | None]) -> AuditEntry:
        subject = self.by_id[event.subject_id]
        label = " · ".join(part for part in (subject.name, event.indicator, event.item, event.matter) if part)
        changes: dict[str, tuple[Any, Any]] = {"status": status}
        if status[1] is None:
            changes |= {name: (getattr(event, name) or None, None) for name in EVENT_KEY}
        return audit.entry(self.by, action, event, label=label, changes=changes, round_id=self.round.pk, reason=REASON)

    # ------------------------------------------------------------------ the common way

    def _sync(
        self,
        section: Section,
        stated: Mapping[Key, Mapping[str, Any]],
        auditor: Auditor | None,
        keep: Callable[[Key], bool] | None = None,
    ) -> Changes:
        """Create, change and withdraw rows of one model until they are what is stated.

        `keep` says which rows stay that the workbook does not state although they may go: those entered in the
        browser, and all of a model that knows no source. Without it browser rows stay and the others go.
        """
        changes = Changes()
        changed: list[Model] = []
        gone: list[int] = []
        seen: set[Key] = set()
        for pk, key, before, source, version in self._stored(section):
            now = stated.get(key)
            if now is None:
                if not self._stays(section, key, source, keep):
                    gone.append(pk)
                    self._trace(auditor, key, before, None)
                continue
            seen.add(key)
            if now == before:
                changes.unchanged += 1
                continue
            changed.append(self._row(section, key, now, pk=pk, version=version + 1))
            self._trace(auditor, key, before, now)
        delete_rows(section.model, gone)
        if changed:
            extra = ["source", "version", "updated_by", "updated_at"] if section.sourced else []
            extra += ["updated_by", "updated_at"] if section is FACTS else []
            section.model._default_manager.bulk_update(changed, [*section.values, *extra], batch_size=100)
        created = [self._row(section, key, now) for key, now in stated.items() if key not in seen]
        section.model._default_manager.bulk_create(created, batch_size=BATCH)
        changes.new, changes.changed, changes.withdrawn = len(created), len(changed), len(gone)
        return changes

    @staticmethod
    def _stays(section: Section, key: Key, source: str, keep: Callable[[Key], bool] | None) -> bool:
        if section.sourced and source != Source.BROWSER:
            return False
        return keep(key) if keep is not None else section.sourced

    def _stored(self, section: Section) -> Iterable[tuple[int, Key, dict[str, Any], str, int]]:
        names = ["pk", "subject_id", *section.key, *section.values]
        names += ["source", "version"] if section.sourced else []
        split = 2 + len(section.key)
        end = split + len(section.values)
        rows = section.model._default_manager.filter(subject__round=self.round).order_by("pk").values_list(*names)
        for row in rows.iterator(chunk_size=5000):
            values = dict(zip(section.values, row[split:end], strict=True))
            source, version = row[end:] if section.sourced else ("", 0)
            yield row[0], tuple(row[1:split]), values, source, version

    def _row(
        self, section: Section, key: Key, values: Mapping[str, Any], pk: int | None = None, version: int = 1
    ) -> Any:
        fields = dict(zip(("subject_id", *section.key), key, strict=True), **values)
        if section.sourced:
            fields |= {"source": Source.WORKBOOK, "version": version, "updated_by": self.by, "updated_at": self.now}
            fields |= {"created_by": self.by} if pk is None else {}
        elif section is FACTS:
            fields |= {"updated_by": self.by, "updated_at": self.now}
        return section.model(pk=pk, **fields)

    # ------------------------------------------------------------------ audit trail

    def _trace(
        self, auditor: Auditor | None, key: Key, before: Mapping[str, Any], now: Mapping[str, Any] | None
    ) -> None:
        if auditor is not None:
            self.entries.append(auditor(key, before, now))

    def _part(
        self, key: Key, action: str, target: str, part: int | str, label: str, before: Any, now: Any
    ) -> AuditEntry:
        after = now or {}
        changes = {name: (_said(value), _said(after.get(name))) for name, value in before.items()}
        subject = self.by_id[key[0]]
        return part_entry(
            self.by, action, subject, target=target, part=part, label=label, changes=changes, reason=REASON
        )

    def _title(self, code: str) -> str:
        node = self.tree.get(code)
        return f"{code} {node.title}" if node else code

    def _cell_entry(self, key: Key, before: Mapping[str, Any], now: Mapping[str, Any] | None) -> AuditEntry:
        part = self.assignments.get((key[1], "")) or str(key[1])
        action = "clear mark" if now is None else "enter mark"
        return self._part(key, action, CELL, part, self._title(key[1]), before, now)

    def _mark_entry(self, key: Key, before: Mapping[str, Any], now: Mapping[str, Any] | None) -> AuditEntry:
        _subject, code, assessor = key
        label = self._title(code) + (f" · {assessor}" if assessor else "")
        part = self.assignments.get((code, assessor)) or str(code)
        before = {"mark": before["value"], "note": before["note"]}
        after = None if now is None else {"mark": now["value"], "note": now["note"]}
        return self._part(key, "clear mark" if now is None else "enter mark", CELL, part, label, before, after)

    def _branch_entry(self, key: Key, before: Mapping[str, Any], now: Mapping[str, Any] | None) -> AuditEntry:
        shown = {"not applicable": "yes", "note": before["note"]}
        after = None if now is None else {"not applicable": "yes", "note": now["note"]}
        action = "set applicable" if now is None else "set not applicable"
        return self._part(key, action, BRANCH, key[1], self._title(key[1]), shown, after)

    def _fact_entry(self, key: Key, before: Mapping[str, Any], now: Mapping[str, Any] | None) -> AuditEntry:
        fact = next((fact for fact in self.tree.plan.facts if fact.code == key[1]), None)
        return self._part(key, "enter fact", FACT, key[1], fact.title if fact else key[1], before, now)


def _said(value: Any) -> Any:
    """For the audit trail an empty text is nothing; a zero is a zero."""
    return None if value == "" else value
