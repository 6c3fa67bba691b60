"""Loading the demo round through the same services that people use."""

from __future__ import annotations

import datetime
import random
from decimal import Decimal
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from indicators.services import engine_plan, ensure_plan
from reviews.models import Assignment, Ballot, BallotMark, EventStatus, Round, Subject
from reviews.services.applicability import set_not_applicable
from reviews.services.events import EventData, add_event, decide_events
from reviews.services.ledger import report_done, set_measures
from reviews.services.ledger_intake import add_item, responsible_for
from reviews.services.marks import Row, save_rows
from reviews.services.polls.preparing import prepare_polls
from reviews.services.rounds import NewSubject, open_round
from reviews.tree import Tree
from scoring.services import run_scoring
from units.models import Unit, User

from .accounts import make_accounts
from .people import make_people, make_units

PLAN, PERIOD, SEED = "district-2020", "2020", 2020
LEADERS = 20
DAYS_LEFT = 14
# Leaves that nobody has marked yet for these units: the round is under way.
INCOMPLETE = {"区侨联": ("K21", "K22", "K231"), "区红会": ("K21", "K113")}
# Branches that are none of these units' business.
NOT_APPLICABLE = {"区委党校": ("K114",), "区文联": ("K13", "K123"), "区科协": ("K122",), "政协XX区机关": ("K123",)}
NOTES = (
    "按季度督查通报核定",
    "年度台账齐全，完成较好",
    "个别事项超期办结",
    "经内部核查、资料审阅确定",
    "实地走访核实，按时完成",
    "完成情况良好，材料规范",
    "有两项推进较慢，已整改",
)
# Unit, leaf, item, value, matter, basis, day, status ("" waits for approval).
EVENTS: tuple[tuple[str, str, str, str, str, str, str, str], ...] = (
    ("区委办公室", "B", "B-1", "2", "全市党委信息工作批示", "市委领导批示〔2020〕12号", "2020-06-18", "approved"),
    ("区委组织部", "B", "B-2", "1.5", "党建引领基层治理经验推广", "组通字〔2020〕31号", "2020-09-02", "approved"),
    ("区委组织部", "B", "B-3", "1", "疫情防控", "防控办通报第8期", "2020-04-20", "approved"),
    ("区委宣传部", "B", "B-3", "2.5", "创建全国文明城区", "创城指通〔2020〕5号", "2020-11-12", "approved"),
    ("区委宣传部", "B", "B-3", "1.5", "创建全国文明城区", "区级通报", "2020-11-20", "approved"),
    ("区委政法委", "B", "B-3", "2", "疫情防控", "防控办通报第3期", "2020-03-15", "approved"),
    ("区直机关工委", "B", "B-3", "1", "机关干部下沉社区防控", "防控办通报第5期", "2020-03-28", "approved"),
    ("团区委", "B", "B-2", "1", "青年志愿服务经验", "团市委简报第17期", "2020-08-09", "approved"),
    ("区妇联", "B", "B-1", "1.5", "家庭教育指导工作", "市领导批示件", "2020-10-10", ""),
    ("区红会", "B", "B-3", "3", "疫情防控捐赠款物管理", "市红会通报", "2020-05-08", ""),
    ("区总工会", "B", "B-3", "1", "疫情防控", "防控办通报第6期", "2020-04-02", "approved"),
    ("区总工会", "B", "B-2", "2", "劳动争议调解经验", "市总工会推广文件", "2020-09-27", ""),
    ("区工商联", "B", "B-3", "0.5", "复工复产服务", "区领导小组简报", "2020-04-30", "rejected"),
    ("区委网信办", "D", "D-2", "1", "信息发布超时", "市级通报第4期", "2020-07-21", "approved"),
    ("区残联", "D", "D-3", "2", "年度重点任务未按期完成", "区督查通报〔2020〕9号", "2020-12-03", "approved"),
    ("区档案馆", "D", "D-2", "0.5", "档案移交不及时", "市级通报", "2020-10-26", ""),
    ("区文联", "D", "D-3", "1.5", "重点活动未落实", "区督查通报〔2020〕11号", "2020-12-10", ""),
    ("区委统战部", "D", "D-2", "1", "报送材料不合要求", "市级通报", "2020-08-15", "rejected"),
)

# Unit, problem, days left; the first is being put right by the unit's own account, of the second it is reported.
LEDGER: tuple[tuple[str, str, int, str], ...] = (
    ("区总工会", "职工维权台账更新不及时，部分案件未注明办结时间。", 30, "planned"),
    ("区总工会", "基层工会走访计划未按季度落实。", 10, "reported"),
    ("区档案馆", "档案移交滞后，两个单位的年度档案尚未归集。", 45, ""),
)


@transaction.atomic
def load_demo() -> Round | None:
    """Load the demo once. Returns the round; None if there is anything in the database already."""
    if Unit.objects.exists() or User.objects.exists() or Round.objects.exists():
        return None
    draw = random.Random(SEED)  # noqa: S311 — invented figures, no secret
    appraised, others = make_units()
    make_people([*appraised, *others])
    accounts = make_accounts([*appraised, *others])
    round_ = open_round(
        version=ensure_plan(PLAN),
        name=PERIOD,
        title="2020年度区党群、人大和政协机关绩效考核",
        deadline=timezone.localdate() + datetime.timedelta(days=DAYS_LEFT),
        subjects=[NewSubject(u.code, u.name, u.category, unit=u) for u in appraised],
        by=accounts["office"],
    )
    subjects = {subject.name: subject for subject in round_.subjects.all()}
    strength = {name: draw.uniform(0.78, 0.97) for name in subjects}
    _not_applicable(subjects, accounts["office"])
    _marks(round_, subjects, strength, draw)
    _events(subjects, accounts["office"])
    _ballots(round_, subjects, strength, draw)
    _ledger(subjects, accounts["office"], accounts["unit"])
    # Votes in the browser are in preparation: what they would be can be looked at, settled, and tried out.
    prepare_polls(round=round_, by=accounts["office"])
    run_scoring(round=Round.objects.get(pk=round_.pk), by=accounts["office"])
    return round_


def _not_applicable(subjects: dict[str, Subject], by: User) -> None:
    for name, codes in NOT_APPLICABLE.items():
        for code in codes:
            set_not_applicable(subject=subjects[name], indicator=code, by=by, note="本年度不承担此项任务")


def _marks(round_: Round, subjects: dict[str, Subject], strength: dict[str, float], draw: random.Random) -> None:
    """Every assessor's sheets, but for what is still missing or not applicable."""
    tree = Tree(engine_plan(round_.plan_version))
    left_out = {
        (name, leaf) for name, codes in NOT_APPLICABLE.items() for code in codes for leaf in tree.branch(code)
    } | {(name, code) for name, codes in INCOMPLETE.items() for code in codes}
    for assignment in Assignment.objects.filter(round=round_).select_related("unit", "round__plan_version"):
        by = User.objects.filter(role_grants__unit=assignment.unit, role_grants__role="assessor").first()
        if by is None:
            continue
        points = tree.nodes[assignment.indicator].points
        rows = [
            Row(subject.pk, value=_mark(draw, strength[name], points), note=draw.choice(NOTES))
            for name, subject in subjects.items()
            if (name, assignment.indicator) not in left_out
        ]
        save_rows(assignment=assignment, rows=rows, by=by)


def _mark(draw: random.Random, strength: float, points: Decimal) -> Decimal:
    """A mark in steps of 0.05, near the unit's strength."""
    share = min(1.0, max(0.5, draw.gauss(strength + 0.02, 0.05)))
    return Decimal(round(float(points) * share * 20)) / 20


def _events(subjects: dict[str, Subject], by: User) -> None:
    decided = []
    for unit, leaf, item, value, matter, basis, day, status in EVENTS:
        data = EventData(
            indicator=leaf,
            item=item,
            value=Decimal(value),
            matter=matter,
            basis=basis,
            date=datetime.date.fromisoformat(day),
        )
        event = add_event(subject=subjects[unit], data=data, by=by)
        if status:
            decided.append((status, (event.pk, event.version)))
    decided.sort()
    for status, rows in groupby(decided, key=lambda row: row[0]):
        reason = "依据不足，不予认定" if status == EventStatus.REJECTED else ""
        round_ = next(iter(subjects.values())).round
        decide_events(round=round_, seen=[row for _status, row in rows], status=status, reason=reason, by=by)


def _ledger(subjects: dict[str, Subject], office: User, unit: User) -> None:
    for name, problem, days, state in LEDGER:
        subject = subjects[name]
        deadline = timezone.localdate() + datetime.timedelta(days=days)
        data = responsible_for(subject, problem)
        item = add_item(round=subject.round, subject=subject, data=data, deadline=deadline, by=office)
        if state:
            set_measures(item=item, measures="明确专人负责，按月核对台账并通报。", seen=item.version, by=unit)
        if state == "reported":
            report_done(item=item, text="走访计划已补齐并逐月落实，附走访记录。", seen=item.version, by=unit)


def _ballots(round_: Round, subjects: dict[str, Subject], strength: dict[str, float], draw: random.Random) -> None:
    """One ballot of each unit on all the others (600 answers), one of each of 20 leaders on all (500)."""
    ballots, marks = [], []
    voters = [("unit", "E1", name) for name in subjects] + [("leader", "E2", "")] * LEADERS
    for voter_class, leaf, voter in voters:
        ballot = Ballot(round=round_, voter_class=voter_class)
        ballots.append(ballot)
        for name, subject in subjects.items():
            if name == voter:
                continue
            answer = "" if draw.random() < 0.01 else str(min(100, max(60, round(draw.gauss(100 * strength[name], 4)))))
            marks.append(
                BallotMark(ballot=ballot, subject=subject, indicator=leaf, voter_class=voter_class, answer=answer)
            )
    draw.shuffle(ballots)
    draw.shuffle(marks)
    Ballot.objects.bulk_create(ballots, batch_size=500)
    BallotMark.objects.bulk_create(marks, batch_size=500)
