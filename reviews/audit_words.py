"""What the change log calls the actions, fields and objects of a round."""

from __future__ import annotations

from django.utils.translation import gettext_noop

ACTIONS = {
    "open round": gettext_noop("opened the round"),
    "change phase": gettext_noop("changed the phase"),
    "change deadline": gettext_noop("changed the deadline"),
    "assign assessor": gettext_noop("assigned the assessor"),
    "add subject": gettext_noop("added the subject"),
    "withdraw subject": gettext_noop("withdrew the subject"),
    "change category": gettext_noop("changed the category"),
    "enter mark": gettext_noop("entered the mark"),
    "clear mark": gettext_noop("cleared the mark"),
    "set not applicable": gettext_noop("set not applicable"),
    "set applicable": gettext_noop("set applicable again"),
    "add event": gettext_noop("entered the event"),
    "change event": gettext_noop("changed the event"),
    "decide event": gettext_noop("decided on the event"),
    "withdraw event": gettext_noop("withdrew the event"),
    "enter fact": gettext_noop("entered the fact"),
    "enter number": gettext_noop("entered the number"),
    "decide grade": gettext_noop("decided the grade"),
    "withdraw grade decision": gettext_noop("withdrew the decision on the grade"),
    "load workbook": gettext_noop("loaded a workbook"),
}
FIELDS = {
    "mark": gettext_noop("mark"),
    "note": gettext_noop("note"),
    "not applicable": gettext_noop("not applicable"),
    "value": gettext_noop("value"),
    "count": gettext_noop("count"),
    "matter": gettext_noop("matter"),
    "basis": gettext_noop("basis"),
    "date": gettext_noop("date"),
    "status": gettext_noop("status"),
    "indicator": gettext_noop("indicator"),
    "item": gettext_noop("item"),
    "category": gettext_noop("category"),
    "code": gettext_noop("code"),
    "inputs": gettext_noop("inputs"),
    "plan": gettext_noop("plan"),
    "period": gettext_noop("period"),
    "deadline": gettext_noop("deadline"),
    "subjects": gettext_noop("subjects"),
    "subject": gettext_noop("subject"),
    "phase": gettext_noop("phase"),
    "unit": gettext_noop("unit"),
    "target": gettext_noop("target"),
    "actual": gettext_noop("actual"),
}
VALUES = {
    ("not applicable", "yes"): gettext_noop("yes"),
    ("status", "pending"): gettext_noop("waiting for approval"),
    ("status", "approved"): gettext_noop("approved"),
    ("status", "rejected"): gettext_noop("rejected"),
    ("phase", "collecting"): gettext_noop("collecting"),
    ("phase", "reviewing"): gettext_noop("reviewing"),
    ("phase", "announced"): gettext_noop("announced"),
    ("phase", "sealed"): gettext_noop("sealed"),
    ("value", "true"): gettext_noop("yes"),
    ("value", "false"): gettext_noop("no"),
}
TARGETS = {
    "reviews.round": gettext_noop("round"),
    "reviews.subject": gettext_noop("subject"),
    "reviews.assignment": gettext_noop("assignment"),
    "reviews.mark": gettext_noop("mark"),
    "reviews.notapplicable": gettext_noop("not applicable"),
    "reviews.event": gettext_noop("event"),
    "reviews.subjectfact": gettext_noop("fact"),
}
