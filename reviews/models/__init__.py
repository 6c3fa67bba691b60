"""The input of a round: what people said, kept for ever. One module per concern."""

from .ballots import Ballot, BallotMark, PaperTally
from .decisions import GradeDecision
from .delegation import Delegation
from .events import Event, EventComment, EventLeaf, EventStatus, Proposer
from .evidence import Evidence, EvidenceKind
from .freezing import Reopening
from .history import EarlierResult, RoundSetMember
from .inspections import Conclusion, Inspection, Sampling
from .marks import Assignment, Attainment, Mark, NotApplicable, NumberInput
from .plan_changes import (
    OPEN_STATES,
    PlanChange,
    PlanChangeKind,
    PlanChangeSetting,
    PlanChangeState,
    RoundPlanVersion,
)
from .polls import (
    BallotBox,
    BallotComment,
    BallotCount,
    BallotPaper,
    Channel,
    Door,
    Entitlement,
    Participation,
    Poll,
    PollDraw,
    PollReceipts,
    PollState,
    SealedBallot,
    VoteExclusion,
)
from .reminders import Reminder, ReminderMessage
from .reports import (
    FigureReport,
    FigureState,
    ReportExtension,
    ReportKind,
    ReportSetting,
    ReportState,
    SelfAssessment,
    SelfReport,
    SelfReportSubmission,
    Target,
    TargetState,
)
from .rounds import Phase, Round, Subject, SubjectFact
from .selections import PartialPresence, SelectionSetting
from .source import Source

__all__ = [
    "OPEN_STATES",
    "Assignment",
    "Attainment",
    "Ballot",
    "BallotBox",
    "BallotComment",
    "BallotCount",
    "BallotMark",
    "BallotPaper",
    "Channel",
    "Conclusion",
    "Delegation",
    "Door",
    "EarlierResult",
    "Entitlement",
    "Event",
    "EventComment",
    "EventLeaf",
    "EventStatus",
    "Evidence",
    "EvidenceKind",
    "FigureReport",
    "FigureState",
    "GradeDecision",
    "Inspection",
    "Mark",
    "NotApplicable",
    "NumberInput",
    "PaperTally",
    "PartialPresence",
    "Participation",
    "Phase",
    "PlanChange",
    "PlanChangeKind",
    "PlanChangeSetting",
    "PlanChangeState",
    "Poll",
    "PollDraw",
    "PollReceipts",
    "PollState",
    "Proposer",
    "Reminder",
    "ReminderMessage",
    "Reopening",
    "ReportExtension",
    "ReportKind",
    "ReportSetting",
    "ReportState",
    "Round",
    "RoundPlanVersion",
    "RoundSetMember",
    "Sampling",
    "SealedBallot",
    "SelectionSetting",
    "SelfAssessment",
    "SelfReport",
    "SelfReportSubmission",
    "Source",
    "Subject",
    "SubjectFact",
    "Target",
    "TargetState",
    "VoteExclusion",
]
