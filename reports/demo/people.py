"""Who is there in the demo: units, and people with plainly invented names."""

from __future__ import annotations

from units.models import Person, Unit

PARTY, CONGRESS, CONSULTATIVE = "党群机关", "人大机关", "政协机关"
SUBJECTS: tuple[tuple[str, str], ...] = (
    ("区委办公室", PARTY),
    ("区委组织部", PARTY),
    ("区委老干部局", PARTY),
    ("区委宣传部", PARTY),
    ("区委网信办", PARTY),
    ("区委统战部", PARTY),
    ("区委政法委", PARTY),
    ("区委区政府研究室", PARTY),
    ("区委编办", PARTY),
    ("区直机关工委", PARTY),
    ("区纪委区监委机关（区委巡察办）", PARTY),
    ("区委党校", PARTY),
    ("区档案馆", PARTY),
    ("区委党史研究室", PARTY),
    ("区人大机关", CONGRESS),
    ("政协XX区机关", CONSULTATIVE),
    ("区总工会", PARTY),
    ("团区委", PARTY),
    ("区妇联", PARTY),
    ("区工商联", PARTY),
    ("区残联", PARTY),
    ("区科协", PARTY),
    ("区文联", PARTY),
    ("区侨联", PARTY),
    ("区红会", PARTY),
)
# Assess, but are not appraised by this plan.
ASSESSORS_ONLY = ("区创城办", "区城管监督指挥中心")
SURNAMES = "张王李赵刘陈杨黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
GIVEN = "一二三四五六七八九十"
POSITIONS = ("主要负责人", "分管负责人", "绩效联络员")


def make_units() -> tuple[list[Unit], list[Unit]]:
    """The tree: the district, three groups of organs, the units. Returns (appraised, only assessing)."""
    district = Unit.objects.create(code="000", name="XX区", order=0)
    groups = {
        name: Unit.objects.create(code=code, name=name, parent=district, order=order)
        for order, (code, name) in enumerate(
            (("100", "区委系统"), ("200", "区人大系统"), ("300", "区政协系统"), ("400", "区政府系统")), start=1
        )
    }
    parent = {PARTY: "区委系统", CONGRESS: "区人大系统", CONSULTATIVE: "区政协系统"}
    appraised = [
        Unit(
            code=f"{number:03d}",
            name=name,
            category=category,
            parent=groups[parent[category]],
            order=number,
            contact=_name(number),
            phone=f"010-5550{number:04d}",
        )
        for number, (name, category) in enumerate(SUBJECTS, start=1)
    ]
    others = [
        Unit(
            code=f"{number:03d}",
            name=name,
            parent=groups["区政府系统"],
            order=number,
            contact=_name(number),
            phone=f"010-5550{number:04d}",
        )
        for number, name in enumerate(ASSESSORS_ONLY, start=len(SUBJECTS) + 1)
    ]
    Unit.objects.bulk_create([*appraised, *others])
    return appraised, others


def _name(number: int) -> str:
    return SURNAMES[number % len(SURNAMES)] + GIVEN[number // len(SURNAMES) % len(GIVEN)]


def make_people(units: list[Unit]) -> list[Person]:
    """Three people in each unit."""
    people = [
        Person(
            code=f"P{number:03d}",
            name=_name(number),
            unit=unit,
            position=POSITIONS[place],
            category=unit.category,
            order=number,
        )
        for number, (unit, place) in enumerate(((u, p) for u in units for p in range(len(POSITIONS))), start=1)
    ]
    return list(Person.objects.bulk_create(people))
