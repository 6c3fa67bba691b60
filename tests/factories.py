"""Small makers of what tests need. All names are invented."""

from __future__ import annotations

import datetime
import itertools
from typing import Any

from django.test import Client

from indicators.services import engine_plan, ensure_plan
from reviews.models import Round
from reviews.services.assessors import assessor_names
from reviews.services.rounds import NewSubject, open_round
from units.models import Role, RoleGrant, Unit, User

PASSWORD = "a-long-test-password-7"
_numbers = itertools.count(1)


def make_unit(name: str = "", **fields: Any) -> Unit:
    """An active unit; `code`, `name` and `order` come from a counter unless given."""
    number = next(_numbers)
    fields.setdefault("code", f"U{number:04}")
    fields.setdefault("order", number)
    return Unit.objects.create(name=name or f"测试单位{number}", **fields)


def make_user(role: Role | str | None = None, unit: Unit | None = None, **fields: Any) -> User:
    """An account with one role (or none). Assessors and subjects get a new unit unless one is given."""
    number = next(_numbers)
    person = fields.pop("person", None)
    user = User(username=fields.pop("username", f"user{number}"), **fields)
    user.name = user.name or f"张{number}"
    user.set_unusable_password()
    user.save()
    if role is not None:
        if role in {Role.ASSESSOR, Role.SUBJECT} and unit is None and person is None:
            unit = make_unit()
        bound = unit if role in {Role.ASSESSOR, Role.SUBJECT} and person is None else None
        RoleGrant.objects.create(user=user, role=role, unit=bound, person=person)
    return user


def client_for(user: User) -> Client:
    """A browser in which this account is logged in."""
    client = Client()
    client.force_login(user, backend="units.sessions.AccountBackend")
    return client


def district_round(
    subjects: int = 3,
    *,
    name: str = "2020",
    deadline: datetime.date | None = None,
    plan: str = "district-2020",
    assessors: bool = True,
) -> Round:
    """A small round, collecting. Subjects S001 … belong to new units, category by turns.

    With `assessors`, a unit exists for each assessor that the plan names.
    """
    version = ensure_plan(plan)
    document = engine_plan(version)
    if assessors:
        for assessor in assessor_names(document):
            if not Unit.objects.filter(name=assessor).exists():
                make_unit(assessor)
    categories = document.categories or ("全体",)
    rows = []
    for number in range(1, subjects + 1):
        category = categories[(number - 1) % len(categories)]
        unit = make_unit(f"{name}对象单位{number}", category=category)
        rows.append(NewSubject(code=f"S{number:03}", name=unit.name, category=category, unit=unit))
    return open_round(
        version=version,
        name=name,
        title=f"{name}年度绩效考核",
        deadline=deadline,
        subjects=rows,
        by=None,
    )


def assessor_of(round_: Round, code: str, **fields: Any) -> User:
    """An account that may enter the marks of this leaf."""
    assignment = round_.assignments.select_related("unit").filter(indicator=code).get()
    return make_user(Role.ASSESSOR, assignment.unit, **fields)
