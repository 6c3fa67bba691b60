"""What each value of a plan is called on a form, and one line that helps to fill it in.

A key that means something of its own at one place is listed as "place.key", and as "place:method.key" where its
method (or kind of rule) decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Lazy = str | Promise


class Label(NamedTuple):
    """`help`: one line below the input. `unstated`: what holds where nothing is filled in."""

    label: Lazy
    help: Lazy = ""
    unstated: Lazy = ""


LABELS: Mapping[str, Label] = {
    # Of any part.
    "code": Label(_("Code"), _("Letters, digits, - and _; every code only once.")),
    "title": Label(_("Title")),
    "note": Label(_("Explanation"), _("The clause of the original document, or how it was understood.")),
    "defaults": Label(_("Not stated by the plan"), _("Tick what the original document does not state.")),
    # The plan as a whole.
    "plan.code": Label(_("Code of the plan"), _("Small English letters, digits and -, such as bureau-2026.")),
    "plan.title": Label(_("Title of the plan")),
    "plan.source": Label(_("Original document"), _("Title and number of the document that this plan restates.")),
    "subjects": Label(_("Subjects"), _("Whether units or people are appraised.")),
    "plan.period": Label(_("Period"), _("For which periods a round may be opened with this plan.")),
    "decimals": Label(_("Decimals"), _("Every score is rounded half up to so many decimals."), "2"),
    "ranking": Label(_("Ranking"), "", _("One list of all subjects")),
    "notes_required": Label(_("Every mark needs a note")),
    "own_unit_marks": Label(
        _("Marks of an assessor for its own unit"),
        _("They are marked as such everywhere. Where they are forbidden the other assessors mark, or the office."),
        _("allowed, and marked as such"),
    ),
    "minimum_votes": Label(
        _("Least number of votes"), _("A voter class with fewer votes on a subject is not shown on its own."), "1"
    ),
    "categories": Label(_("Categories"), _("One a line. Subjects of a category are ranked against each other.")),
    "groups": Label(_("Subjects stand in groups"), _("A second grouping, such as those whom one leader supervises.")),
    "group_title": Label(_("Name of the groups"), _("What such a group is called.")),
    "tie_breakers": Label(
        _("Tie-breakers"), _("Among equal totals the score of the first indicator decides, then of the next.")
    ),
    "grades": Label(_("Grades"), _("One a line, the best first.")),
    # Sets of rounds.
    "sets": Label(_("Sets of rounds")),
    "sets.code": Label(_("Code"), _("Small and short, such as quarters.")),
    "sets.title": Label(_("Title"), _("What readers see, such as “the four quarters”.")),
    "sets.plan": Label(_("Code of their plan"), _("The plan whose rounds belong to this set.")),
    "sets.period": Label(_("Period")),
    "sets.rounds": Label(_("Number of rounds"), _("How many rounds the set should have.")),
    # Indicators.
    "indicators": Label(_("Indicators")),
    "parent": Label(_("Indicator above"), _("Empty for the root only.")),
    "points": Label(_("Full points")),
    "indicators.weight": Label(
        _("Weight"), _("Only where it is not the full points; 0: shown for reference, not counted."), _("full points")
    ),
    "method": Label(_("Method"), _("How the score comes about.")),
    "assessors": Label(
        _("Assessors"), _("Who enters it. None named: the office assigns somebody or enters it itself.")
    ),
    "marks.assessors": Label(
        _("Assessors"),
        _("Who gives the marks; the score is their mean by weight. None named: the office sees to it in the round."),
    ),
    "assessors.name": Label(_("Name")),
    "assessors.weight": Label(_("Weight"), "", "1"),
    "catalogue": Label(
        _("Catalogue"), _("What events may be entered. Without entries an event states its matter and points itself.")
    ),
    "catalogue.title": Label(_("Entry")),
    "catalogue.values": Label(
        _("Points each"),
        _("One figure: fixed. Several, such as 3、5、8: one of them is chosen. Empty: the event states it."),
    ),
    "catalogue.cap": Label(_("Cap"), _("At most so many points from this entry.")),
    "catalogue.zero_at": Label(_("0 from a count of"), _("From this count on the whole indicator is 0.")),
    "daily": Label(_("Daily appraisal"), _("The subject sees entries as they come in.")),
    "uncapped": Label(_("Without a cap"), _("Otherwise at most the full points are deducted.")),
    # Ballots.
    "scale": Label(_("Highest value of a vote"), _("Votes are given on a scale from 0 to this value."), "100"),
    "rank_points.scale": Label(
        _("Values count out of"), _("The score is full points × value of the rank ÷ this figure."), "100"
    ),
    "step": Label(_("Step of the votes"), _("1: whole points only; 0.5: half points too."), "1"),
    "options": Label(_("Options"), _("Words to vote with, each with its value. None: voters write a figure.")),
    "options.title": Label(_("Option")),
    "options.value": Label(_("Value")),
    "classes": Label(
        _("Voter classes"), _("The result is the mean of the classes by weight. None: one class of staff.")
    ),
    "classes.title": Label(_("Voter class")),
    "classes.weight": Label(_("Weight"), "", "1"),
    "classes.voters": Label(_("Who votes")),
    "trim": Label(
        _("Trimmed votes"), _("So many of the highest and so many of the lowest votes of a class are left out."), "0"
    ),
    "self_vote": Label(_("Subjects may vote on themselves")),
    "bands": Label(
        _("Bands"), _("By the place in the category, the best first; the last band goes up to 100 per cent.")
    ),
    "bands.upto": Label(_("The first")),
    "bands.value": Label(_("Value")),
    "last": Label(_("Among the last"), _("A deduction is made only among so many last of a group.")),
    "option": Label(_("Bad option"), _("Votes of this option are counted.")),
    "votes": Label(_("Votes of it, at least")),
    "ballot_deduct.value": Label(_("Points deducted")),
    # Other methods.
    "set": Label(_("Set of rounds"), _("Rounds whose totals are carried over.")),
    "fallback": Label(_("Without earlier rounds"), "", _("the indicator is missing")),
    "table": Label(_("Points by rank"), _("A rank beyond the table gets the value of its last line.")),
    "table.rank": Label(_("Rank")),
    "table.value": Label(_("Value")),
    "lower_is_better": Label(_("The lower the better")),
    "base": Label(_("Base"), _("Points at the threshold."), "0"),
    "per_unit.value": Label(_("Points of a unit")),
    "threshold": Label(_("Threshold"), _("Units are counted from here."), "0"),
    "floor": Label(_("Lowest score"), "", "0"),
    "sign": Label(_("Units beyond the threshold"), "", _("add points")),
    "fractions": Label(_("Parts of a unit count"), _("Otherwise only whole units do.")),
    # Facts.
    "facts": Label(_("Facts")),
    "facts.code": Label(_("Code"), _("English letters, digits and _, such as leave_days.")),
    "facts.title": Label(_("Title"), _("What is asked of each subject, such as “days of leave”.")),
    "type": Label(_("Type")),
    "choices": Label(_("Choices"), _("One a line; only for the type “one of”.")),
    # Grade rules.
    "rules": Label(_("Grade rules")),
    "rule": Label(
        _("Kind of rule"), _("Rules are carried out in order, each on the grades that the earlier ones left.")
    ),
    "if": Label(_("Condition"), _("The rule applies to whom this holds for.")),
    "exclude.if": Label(_("Condition"), _("Whom this holds for gets no grade and is not counted in any quota.")),
    "limit_within.if": Label(_("Who is limited"), _("So many of the grade's holders at most may satisfy this.")),
    "prefer": Label(_("Who comes first"), _("Holders of the grade who satisfy this come before the others.")),
    "minimums": Label(_("Lowest totals"), _("The best grade whose lowest total is reached.")),
    "rules.otherwise": Label(_("Grade of the rest"), _("Of those who reach none of these totals.")),
    "rules.shares": Label(_("Share of each grade"), _("By order of merit; together 100 per cent.")),
    "minimum": Label(_("Lowest total"), _("Whoever is below it gets the grade below.")),
    "floor_grade.grade": Label(_("Grade below that total")),
    "cap.grade": Label(_("At best this grade")),
    "set.grade": Label(_("Exactly this grade")),
    "grade": Label(_("Grade")),
    "by": Label(_("Number of steps"), _("So many grades lower, but not past the last."), "1"),
    "share": Label(_("Share")),
    "rules.share": Label(_("Share at most")),
    "rules.scope": Label(_("Counted"), _("Of whom the share is taken."), _("all together")),
    "distribute.scope": Label(_("Counted"), _("Within whom the shares are handed out."), _("each category")),
    "rounding": Label(_("Rounding of places"), _("Where share × number is no whole number."), _("rounded down")),
    "at_least": Label(_("Places at least"), "", "0"),
    "of_participants": Label(_("Counted of all participants"), _("Those without a grade are counted too.")),
    # Selections.
    "selections": Label(_("Selections")),
    "kind": Label(_("Kind")),
    "selections.shares": Label(_("Share by category"), _("Where it is not the same for all.")),
    "selections.share": Label(_("Share")),
    "selections.scope": Label(_("Counted")),
    "ratio": Label(_("Candidates for each place"), _("1.5: for two places there are three candidates.")),
    "against": Label(_("Compared with"), _("Title of the other plan whose result decides.")),
    # Ballots.
    "voting": Label(_("Ballots")),
    "abstain": Label(_("Voters may abstain"), _("On single subjects or questions."), _("yes")),
    "comments": Label(_("Voters may comment"), _("Shown without names, and only where enough have voted."), _("no")),
    "limits": Label(_("Largest share of an option"), _("Of the subjects on one ballot, such as 0.3.")),
    "invalid": Label(_("Ballots that do not count"), _("They are received but not valid.")),
    "names_shown": Label(_("The office sees who has not voted"), _("Otherwise only how many."), _("no")),
    # Duty report.
    "duty_report": Label(_("Duty report")),
    "duty_report.required": Label(_("Everyone hands in a duty report")),
    "least_characters": Label(_("Fewest characters")),
    "most_characters": Label(_("Most characters")),
    "roles": Label(_("Length by role"), _("Where it is not the same for all; the first line that fits counts.")),
    "roles.title": Label(_("For whom")),
    "roles.fact": Label(
        _("Of whom this holds"), _("A yes-or-no fact. With neither fact nor category: everybody else.")
    ),
    "roles.categories": Label(_("Of these categories")),
    "aspects": Label(
        _("Aspects"), _("What the text is about across all parts, such as achievements, problems, next steps.")
    ),
    "aspects.title": Label(_("Aspect")),
    "parts": Label(_("Parts of the report")),
    "parts.title": Label(_("Part")),
    "aspect": Label(_("Is about the aspect"), _("Name of the aspect that the whole part counts for.")),
    "by_aspect": Label(_("One text for each aspect")),
    "parts.required": Label(_("Must be written"), _("A report without it cannot be handed in.")),
    "answers": Label(_("Answers last year's problems"), _("They are listed here, each to be answered.")),
    "least_share": Label(_("Smallest share"), _("Of the whole report.")),
    "most_share": Label(_("Largest share"), _("Of the whole report.")),
    "topics": Label(_("Topics to be spoken of"), _("Under a heading of their own in the text.")),
    "topics.title": Label(_("Topic")),
    "topics.part": Label(_("In the part"), _("Title of the part; empty: anywhere.")),
    "topics.required": Label(_("Must be spoken of"), _("A report without it cannot be handed in.")),
    "due": Label(_("Due"), _("In the words of the plan.")),
    "days_before_meeting": Label(_("Days before the meeting"), _("The report is handed in that long before.")),
    "count_working_days": Label(_("Only working days are counted")),
    "reviewed_by": Label(_("Reviewed by")),
    "returned_if": Label(_("Sent back if"), _("One reason a line.")),
    "rewritten_if": Label(_("To be written anew if"), _("One reason a line.")),
    "published": Label(_("Published")),
    "talk_minutes": Label(_("Minutes of the talk")),
    "talk_order": Label(_("Order of the talks")),
    # Review meeting.
    "meeting": Label(_("Review meeting")),
    "minutes": Label(_("Minutes of the talk"), _("At most so many for each; the timer counts them down.")),
    "stages": Label(
        _("Who speaks before whom"),
        _("Stages in their order, such as heads and then deputies. A subject belongs to the first one that fits it."),
    ),
    "stages.title": Label(_("Stage")),
    "stages.categories": Label(_("Of these categories"), _("None: of any.")),
    "stages.fact": Label(_("For whom this fact holds"), "", _("not asked")),
    "stages.value": Label(_("Value of the fact"), _("Where it is not yes or no.")),
    "posts": Label(_("Whose post contains"), _("One word a line, such as 正职; one of them is enough.")),
    "written": Label(_("In writing only"), _("They do not speak at the meeting.")),
    "order": Label(_("Order within a stage"), "", _("chosen in the round")),
    "questions": Label(_("Questions from the floor"), _("They are recorded with their answers.")),
    "commentary": Label(_("Commentary"), "", _("chosen in the round")),
    "commentary_leaf": Label(
        _("Indicator of the commentary"), _("Marks that follow from it; the minutes lead there."), _("none")
    ),
    "quorum": Label(_("Quorum"), _("Such as 2/3 or 80%; >1/2: more than half; 30: so many people.")),
    "chaired_by": Label(_("Chaired by")),
    "attendees": Label(_("Who attends")),
    "attendees.title": Label(_("Group")),
    "class": Label(_("Voter class"), _("Code of the class whose ballots they cast.")),
    "observers": Label(_("Observers"), _("Present, but not counted in the quorum.")),
    # Process, announcement, objections, payout, follow-up.
    "process": Label(_("Process")),
    "process.title": Label(_("Step")),
    "start": Label(_("From")),
    "process.due": Label(_("Until")),
    "when": Label(_("Time"), _("In words, where the plan names no date.")),
    "process.by": Label(_("Carried out by")),
    "announcement": Label(_("Announcement")),
    "objection": Label(_("Objections")),
    "working_days": Label(_("Working days")),
    "where": Label(_("Where announced")),
    "to": Label(_("Received by")),
    "payout": Label(_("Payout")),
    "payout.unit": Label(_("Unit of the amount"), _("Such as yuan.")),
    "amounts": Label(_("Amount of each grade")),
    "payout.otherwise": Label(_("Amount of the others"), _("Of those without one of these grades.")),
    "partial_at": Label(_("Grade of partial presence"), _("By which those are paid who were present for a part only.")),
    "follow_ups": Label(_("Follow-up")),
    "follow_ups.grades": Label(_("Grades"), _("None: for all.")),
    "action": Label(_("What follows")),
    "follow_ups.days": Label(_("Days to do it"), _("Such as the days within which a problem is to be put right.")),
}


def label_of(place: str, variant: str, key: str) -> Label:
    """The label of a key; a key without one is shown as it is."""
    for name in (f"{variant}.{key}", f"{place}.{key}", key):
        if name in LABELS:
            return LABELS[name]
    return Label(key)
