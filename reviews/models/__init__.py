"""The input of a round: what people said, kept for ever. One module per concern."""

from .ballots import Ballot, BallotMark, PaperTally
from .decisions import GradeDecision
from .delegation import Delegation
from .events import Event, EventComment, EventLeaf, EventStatus, Proposer
from .evidence import Evidence, EvidenceKind
from .freezing import Reopening
from .history import EarlierResult, RoundSetMember
from .marks import Assignment, Attainment, Mark, NotApplicable, NumberInput
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
    "Assignment",
    "Attainment",
    "Ballot",
    "BallotMark",
    "Delegation",
    "EarlierResult",
    "Event",
    "EventComment",
    "EventLeaf",
    "EventStatus",
    "Evidence",
    "EvidenceKind",
    "FigureReport",
    "FigureState",
    "GradeDecision",
    "Mark",
    "NotApplicable",
    "NumberInput",
    "PaperTally",
    "PartialPresence",
    "Phase",
    "Proposer",
    "Reminder",
    "ReminderMessage",
    "Reopening",
    "ReportExtension",
    "ReportKind",
    "ReportSetting",
    "ReportState",
    "Round",
    "RoundSetMember",
    "SelectionSetting",
    "SelfAssessment",
    "SelfReport",
    "SelfReportSubmission",
    "Source",
    "Subject",
    "SubjectFact",
    "Target",
    "TargetState",
]
