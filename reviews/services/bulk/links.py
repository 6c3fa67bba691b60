"""Finding the units and people that the subjects of a workbook stand for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from units.models import Person, Unit

from .content import SubjectRow


def link_subjects(rows: Sequence[SubjectRow], *, people: bool) -> None:
    """Set each row's unit (or person): by code, else by a name that is there once on both sides. Two queries at most.

    A link is a convenience (the subject's own account sees its result); without one nothing is missing.
    """
    twice = {name for name, count in Counter(row.name for row in rows).items() if count > 1}
    if people:
        persons = list(Person.objects.filter(is_active=True).order_by("id"))
        codes = {person.code: person for person in persons}
        names = Counter(person.name for person in persons)
        named = {person.name: person for person in persons if names[person.name] == 1}
        for row in rows:
            found = codes.get(row.code)
            row.person = found if found and found.name == row.name else None
            if row.person is None and row.name not in twice:
                row.person = named.get(row.name)
        return
    units = list(Unit.objects.filter(is_active=True).order_by("id"))
    by_code = {unit.code: unit for unit in units}
    by_name = {unit.name: unit for unit in units}
    for row in rows:
        unit = by_code.get(row.code)
        row.unit = unit if unit and unit.name == row.name else None
        if row.unit is None and row.name not in twice:
            row.unit = by_name.get(row.name)
