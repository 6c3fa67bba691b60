"""The stage of the journeys: units, accounts with passwords, and the inputs of a small round.

Five subjects of the district plan of 2020. What they must come to is worked out by hand in EXPECTED.
"""

from __future__ import annotations

import io
from decimal import Decimal

import openpyxl

from tests.factories import make_unit, make_user
from units.models import Role, Unit, User

PASSWORD = "kao-ping-7321-test"
PARTY, CONGRESS, CONSULTATIVE = "党群机关", "人大机关", "政协机关"
SUBJECTS = {
    "001": ("区委办公室", PARTY),
    "002": ("区委组织部", PARTY),
    "015": ("区人大机关", CONGRESS),
    "016": ("政协XX区机关", CONSULTATIVE),
    "017": ("区总工会", PARTY),
}
OTHER_UNITS = {"008": "区委区政府研究室", "026": "区创城办", "027": "区城管监督指挥中心"}

# Leaf → full points, and who marks it.
LEAVES = {
    "K111": ("2", "区委办公室"),
    "K112": ("2", "区委区政府研究室"),
    "K113": ("2", "区委区政府研究室"),
    "K114": ("2", "区创城办"),
    "K121": ("3", "区委办公室"),
    "K122": ("3", "区委办公室"),
    "K123": ("2", "区委办公室"),
    "K131": ("3", "区委办公室"),
    "K132": ("3", "区委办公室"),
    "K133": ("2", "区委办公室"),
    "K21": ("15", "区城管监督指挥中心"),
    "K22": ("15", "区委组织部"),
    "K231": ("2", "区委办公室"),
    "K232": ("2", "区委办公室"),
    "K233": ("2", "区委区政府研究室"),
}
NOT_APPLICABLE = "不适用"
# Marks that are not the full points.
MARKS = {
    ("017", "K111"): "1.5",
    ("017", "K112"): "1.85",
    ("017", "K114"): NOT_APPLICABLE,
    ("017", "K121"): "2.5",
    ("017", "K122"): "2.75",
    ("017", "K132"): "2.6",
    ("017", "K133"): "1.9",
    ("017", "K21"): "13.55",
    ("017", "K22"): "14",
    ("017", "K231"): "1.8",
    ("017", "K233"): "1.75",
    ("001", "K132"): "2.8",
    ("001", "K21"): "14.5",
    ("002", "K21"): "12",
    ("002", "K22"): "12",
    ("015", "K21"): "10",
    ("015", "K22"): "10",
    ("016", "K21"): "5",
    ("016", "K22"): "5",
}

# Ballots of the units on one another (voter → subject → answer), two of leaders, and a tally on paper.
PEER_BALLOTS = {
    "001": {"002": "80", "015": "70", "016": "50", "017": "90"},
    "002": {"001": "94", "015": "70", "016": "50", "017": "92"},
    "015": {"001": "95", "002": "80", "016": "50", "017": "89"},
    "016": {"001": "96", "002": "80", "015": "70", "017": "弃权"},
    "017": {"001": "93", "002": "80", "015": "70", "016": "50"},
}
LEADER_BALLOTS = (
    {"001": "96", "002": "80", "015": "70", "016": "45", "017": "95"},
    {"001": "95", "002": "80", "015": "70", "016": "45", "017": "92"},
)
PAPER = {"001": ("94", 2), "002": ("80", 2), "015": ("70", 2), "016": ("45", 2), "017": ("89", 2)}

# By hand, every figure rounded half up to two places and each parent summed of rounded children.
#
# 017 K11 = 8 × (1.5 + 1.85 + 2) / (2 + 2 + 2) = 7.1333… (K114 not applicable, its share passes on)
#     K12 = 2.5 + 2.75 + 2 = 7.25, K13 = 3 + 2.6 + 1.9 = 7.5, K1 = 7.13 + 7.25 + 7.5
#     K23 = 1.8 + 2 + 1.75 = 5.55, K2 = 13.55 + 14 + 5.55, K = 21.88 + 33.1
#     E1 = 10 × (90 + 92 + 89) / 3 / 100 = 9.0333…, the abstention is no vote
#     E2 = 30 × (95 + 92 + 2 × 89) / 4 / 100 = 30 × 91.25 / 100 = 27.375, half up
#     B = max(1, 1.5) of one matter, the rejected 2 does not count; D = −(2 × 0.5)
# 001 K = 60 − 0.2 − 0.5; E1 = 10 × (94 + 95 + 96 + 93) / 4 / 100 = 9.45
#     E2 = 30 × (96 + 95 + 2 × 94) / 4 / 100 = 30 × 94.75 / 100 = 28.425, half up; the pending 2 does not count
EXPECTED = {
    "017": {
        "K11": "7.13", "K12": "7.25", "K13": "7.50", "K1": "21.88", "K23": "5.55", "K2": "33.10", "K": "54.98",
        "E1": "9.03", "E2": "27.38", "E": "36.41", "B": "1.50", "D": "-1.00", "R": "91.89",
    },
    "001": {
        "K11": "8.00", "K12": "8.00", "K13": "7.80", "K1": "23.80", "K23": "6.00", "K2": "35.50", "K": "59.30",
        "E1": "9.45", "E2": "28.43", "E": "37.88", "B": "0.00", "D": "0.00", "R": "97.18",
    },
}  # fmt: skip
# Rank, total, grade. Of five subjects ⌊5 × 0.30⌋ = 1 may be 优秀, so 017 with 91.89 is 良好.
RANKING = {
    "001": (1, "97.18", "优秀"),
    "017": (2, "91.89", "良好"),
    "002": (3, "86.00", "良好"),
    "015": (4, "78.00", "合格"),
    "016": (5, "58.50", "不合格"),
}


def mark_of(subject: str, leaf: str) -> str:
    return MARKS.get((subject, leaf), LEAVES[leaf][0])


def total_of(subject: str) -> Decimal:
    return Decimal(RANKING[subject][1])


def make_stage() -> dict[str, User]:
    """Units and one account per role that can log in with PASSWORD; gives the accounts by user name."""
    units: dict[str, Unit] = {}
    for code, (name, category) in SUBJECTS.items():
        units[name] = make_unit(name, code=code, category=category, order=int(code))
    for code, name in OTHER_UNITS.items():
        units[name] = make_unit(name, code=code, order=int(code))
    accounts = {
        "admin": make_user(Role.ADMIN, username="admin", name="系统管理员"),
        "office": make_user(Role.OFFICE, username="office", name="考核办"),
        "leader": make_user(Role.LEADER, username="leader", name="区领导甲"),
        "auditor": make_user(Role.AUDITOR, username="auditor", name="审计员"),
        "unit-017": make_user(Role.SUBJECT, units["区总工会"], username="unit-017", name="区总工会"),
        "unit-016": make_user(Role.SUBJECT, units["政协XX区机关"], username="unit-016", name="政协机关"),
    }
    for number, name in enumerate(dict.fromkeys(who for _points, who in LEAVES.values()), start=1):
        username = f"assessor-{number}"
        accounts[username] = make_user(Role.ASSESSOR, units[name], username=username, name=f"{name}考评员")
    for user in accounts.values():
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    return accounts


def assessor_account(leaf: str) -> str:
    """The user name of the account that marks this leaf."""
    names = list(dict.fromkeys(who for _points, who in LEAVES.values()))
    return f"assessor-{names.index(LEAVES[leaf][1]) + 1}"


def ballot_workbook() -> bytes:
    """The ballots as the office types them: sheets 方案, 对象, 选票 and 计票."""
    book = openpyxl.Workbook()
    plan = book.active
    assert plan is not None
    plan.title = "方案"
    for row in (("项目", "值"), ("方案", "district-2020"), ("轮次", "2020")):
        plan.append(row)
    subjects = book.create_sheet("对象")
    subjects.append(("编码", "名称", "类别", "分组"))
    for code, (name, category) in SUBJECTS.items():
        subjects.append((code, name, category, ""))
    votes = book.create_sheet("选票")
    votes.append(("票号", "票类", "投票对象", "对象编码", "指标编码", "评价"))
    for voter, answers in PEER_BALLOTS.items():
        for subject, answer in answers.items():
            votes.append((f"unit-{voter}", "unit", voter, subject, "E1", answer))
    for number, answers in enumerate(LEADER_BALLOTS, start=1):
        for subject, answer in answers.items():
            votes.append((f"leader-{number}", "leader", "", subject, "E2", answer))
    tallies = book.create_sheet("计票")
    tallies.append(("对象编码", "指标编码", "票类", "评价", "票数"))
    for subject, (answer, count) in PAPER.items():
        tallies.append((subject, "E2", "leader", answer, count))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
