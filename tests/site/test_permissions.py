"""Every address of the site × every role: who may read it, who may write to it, and how the others are refused.

An address that is not in the table fails, so that nobody adds a page without saying who it is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from indicators.drafts import start_draft
from indicators.models import PlanDraft
from indicators.services import ensure_plan
from reports.models import Job, JobKind, JobState, OfflineUpload
from reviews.models import (
    Delegation,
    DutyReport,
    DutySubmission,
    Event,
    Interview,
    LedgerItem,
    Meeting,
    PlanChange,
    Poll,
    PollReceipts,
    PromiseList,
    Publication,
    Round,
    RoundPlanVersion,
    Sampling,
    SelfReport,
    Subject,
)
from reviews.queries.evidence import find_place
from reviews.services.evidence import add_evidence
from reviews.services.polls.preparing import change_poll, change_rule, prepare_polls
from reviews.services.polls.setup import open_poll
from reviews.services.polls.voters import Rule, Source
from scoring.services import run_scoring
from tests.factories import client_for, district_round, make_unit, make_user
from tests.reviews.paper import both_finish, figures_of_ballots
from tests.reviews.polls import poll_for, with_key
from units.models import Notification, Person, Role

pytestmark = pytest.mark.django_db

VISITOR = "visitor"  # nobody is logged in
NOBODY = "no role"
SUBJECT, OTHER_SUBJECT = "subject", "subject of another unit"
ASSESSOR, OTHER_ASSESSOR = "assessor", "assessor of another unit"
LEADER, AUDITOR, ADMIN, OFFICE = "leader", "auditor", "admin", "office"

ROLES = {SUBJECT, OTHER_SUBJECT, ASSESSOR, OTHER_ASSESSOR, LEADER, AUDITOR, ADMIN, OFFICE}
ACCOUNTS = ROLES | {NOBODY}
READERS = {OFFICE, AUDITOR}
KEEPERS = {OFFICE, ADMIN}
STAFF = READERS | KEEPERS
ABOVE = READERS | {LEADER}
NONE: set[str] = set()


@dataclass(frozen=True)
class Address:
    """Who may GET it and who may POST to it.

    `refused` is the answer to other accounts, `roleless` that to an account without any role where it is another.
    `read` None: there is nothing to GET (405); `write` None: there is nothing to POST (405).
    `answer`: what those who may GET get. A visitor is sent to the log-in page unless `public`.
    """

    read: set[str] | None
    write: set[str] | None = None
    refused: int = 403
    roleless: int | None = None
    answer: int = 200
    args: tuple[str, ...] = ()
    public: bool = False
    data: tuple[tuple[str, str], ...] = ()


MEETING = (("title", "x"), ("date", "2026-12-10"), ("minutes", "8"), ("categories", ""))
MINUTES = (("opening", "x"), ("seen-opening", "e3b0c44298fc1c14"))
PROMISE = (("row", "k"), ("text-k", "x"), ("why", "x"), ("seen", "1"))
INTERVIEW = (("subject", "S001"), ("kind", "x"), ("reason", "x"))
RECORD = (("seen", "1"), ("said", "x"))
ROUND, POLLS, DRAFT = ("round",), ("other_round",), ("draft",)
DUTY, DUTY_SUBJECT = ("duty_round",), ("duty_round", "duty_subject")
ADDRESSES = {
    "health": Address(ACCOUNTS, public=True),
    "set_language": Address(ACCOUNTS, ACCOUNTS, answer=302, public=True),
    "units:login": Address(ACCOUNTS, ACCOUNTS, answer=302, public=True),
    "units:logout": Address(None, ACCOUNTS),
    "units:password": Address(ACCOUNTS, ACCOUNTS),
    "units:account": Address(ACCOUNTS, ACCOUNTS, data=(("email", "no address"),)),
    "units:notifications": Address(ACCOUNTS, ACCOUNTS),
    "units:notification": Address(None, {OFFICE}, refused=404, args=("message",)),
    "units:account_list": Address({ADMIN, AUDITOR}),
    "units:account_add": Address({ADMIN}, {ADMIN}, data=(("username", "new"), ("name", "张新"))),
    "units:account_people": Address({ADMIN}, {ADMIN}),
    "units:account_detail": Address({ADMIN, AUDITOR}, args=("account",)),
    "units:account_edit": Address({ADMIN}, {ADMIN}, args=("account",)),
    "units:account_reset": Address(None, {ADMIN}, args=("account",)),
    "units:unit_list": Address(STAFF),
    "units:unit_add": Address(KEEPERS, KEEPERS, data=(("code", "X1"), ("name", "新单位"), ("order", "1"))),
    "units:unit_search": Address(STAFF),
    "units:unit_detail": Address(STAFF, args=("unit",)),
    "units:unit_edit": Address(KEEPERS, KEEPERS, args=("unit",)),
    "units:person_list": Address(STAFF),
    "units:person_add": Address(KEEPERS, KEEPERS),
    "units:person_search": Address(STAFF),
    "units:person_detail": Address(STAFF, args=("person",)),
    "units:person_edit": Address(KEEPERS, KEEPERS, args=("person",)),
    "units:roster": Address(KEEPERS, KEEPERS),
    "units:roster_template": Address(KEEPERS),
    "units:roster_preview": Address(KEEPERS, KEEPERS, answer=404, args=("token",)),
    "units:audit_list": Address(STAFF),
    "indicators:plan_list": Address(ACCOUNTS),
    "indicators:load_presets": Address(None, {OFFICE}),
    "indicators:plan_detail": Address(ACCOUNTS, args=("plan",)),
    "indicators:plan_edit": Address(None, {OFFICE}, args=("plan",)),
    "indicators:plan_copy": Address({OFFICE}, {OFFICE}, args=("plan",)),
    "indicators:draft_new": Address({OFFICE}, {OFFICE}),
    "indicators:draft_tree": Address({OFFICE}, {OFFICE}, args=DRAFT, data=(("do", "below"), ("code", "K"))),
    "indicators:draft_cell": Address(
        None, {OFFICE}, args=DRAFT, data=(("code", "K"), ("key", "title"), ("value", "x"))
    ),
    "indicators:draft_paste": Address({OFFICE}, {OFFICE}, args=DRAFT),
    "indicators:draft_indicator": Address({OFFICE}, {OFFICE}, args=("draft", "leaf")),
    "indicators:draft_section": Address({OFFICE}, {OFFICE}, args=("draft", "section")),
    "indicators:draft_rows": Address(None, {OFFICE}, args=("draft", "part"), data=(("do", "delete"), ("index", "0"))),
    "indicators:draft_row_add": Address({OFFICE}, {OFFICE}, args=("draft", "part")),
    "indicators:draft_row": Address({OFFICE}, {OFFICE}, args=("draft", "part", "index")),
    "indicators:draft_condition": Address(None, {OFFICE}, args=DRAFT),
    "indicators:draft_step": Address(None, {OFFICE}, args=DRAFT),
    "indicators:draft_read": Address({OFFICE}, args=DRAFT),
    "indicators:draft_file": Address({OFFICE}, args=DRAFT),
    "indicators:draft_check": Address({OFFICE}, {OFFICE}, args=("published_draft",)),
    "indicators:draft_discard": Address(None, {OFFICE}, args=("thrown_draft",)),
    "indicators:version_detail": Address(ACCOUNTS, args=("version",)),
    "indicators:version_file": Address(ACCOUNTS, args=("version",)),
    "indicators:version_compare": Address(ACCOUNTS, args=("version", "version")),
    "indicators:versions_compare": Address(ACCOUNTS, answer=302, args=("plan",)),
    "indicators:plan_import": Address({OFFICE}, {OFFICE}),
    "reviews:round_list": Address(ROLES),
    "reviews:round_open": Address({OFFICE}, {OFFICE}),
    "reviews:round_open_periods": Address({OFFICE}),
    "reviews:round_open_subjects": Address({OFFICE}, {OFFICE}, answer=302),
    "reviews:round_open_assessors": Address({OFFICE}, {OFFICE}, answer=302),
    "reviews:round_open_earlier": Address({OFFICE}, {OFFICE}, answer=302),
    "reviews:round_open_confirm": Address({OFFICE}, {OFFICE}, answer=302),
    "reviews:round_detail": Address(ROLES, args=ROUND),
    "reviews:phase": Address({OFFICE}, {OFFICE}, args=("round", "phase")),
    "reviews:deadline": Address({OFFICE}, {OFFICE}, args=ROUND, data=(("deadline", "2027-01-01"), ("reason", "x"))),
    "reviews:assign": Address({OFFICE}, {OFFICE}, args=("round", "assignment")),
    "reviews:subject_list": Address(STAFF, args=ROUND),
    "reviews:subject_add": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:subject_detail": Address(STAFF, {OFFICE}, args=("round", "subject")),
    "reviews:subject_withdraw": Address(
        {OFFICE}, {OFFICE}, args=("round", "subject"), data=(("reason", "x"), ("confirmed", "on"))
    ),
    "reviews:progress": Address(STAFF, args=ROUND),
    "reviews:progress_subjects": Address(STAFF, args=ROUND),
    "reviews:progress_leaf": Address(STAFF, args=("round", "leaf")),
    "reviews:chase": Address(STAFF, args=ROUND),
    "reviews:remind": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:reminders": Address(STAFF, args=ROUND),
    "reviews:sheet_deadlines": Address({OFFICE}, {OFFICE}, args=ROUND, data=(("reason", "x"),)),
    "reviews:reopen_sheet": Address(
        {OFFICE}, {OFFICE}, args=("round", "assignment"), data=(("until", "2099-01-01"), ("reason", "x"))
    ),
    "reviews:freeze_setting": Address({OFFICE}, {OFFICE}, args=ROUND, data=(("freeze", "on"), ("reason", "x"))),
    "reviews:delegations": Address({*READERS, ASSESSOR, OTHER_ASSESSOR}, {ASSESSOR}, args=ROUND),
    "reviews:delegation_settle": Address(
        None,
        {OFFICE, ASSESSOR},
        refused=404,
        roleless=403,
        args=("round", "delegation"),
        data=(("do", "end"), ("reason", "x")),
    ),
    "reviews:applicability": Address(STAFF, {OFFICE}, args=ROUND, data=(("exclude", "K21"),)),
    "reviews:my_marks": Address({*READERS, ASSESSOR, OTHER_ASSESSOR}, args=ROUND),
    "reviews:mark_sheet": Address(
        {*READERS, ASSESSOR}, {ASSESSOR}, refused=404, roleless=403, args=("round", "assignment")
    ),
    "reviews:score_sheet": Address({*READERS, ASSESSOR, OTHER_ASSESSOR}, args=ROUND),
    "reviews:sheet_data": Address({*READERS, ASSESSOR, OTHER_ASSESSOR}, args=ROUND),
    "reviews:sheet_cell": Address(None, {OFFICE, ASSESSOR, OTHER_ASSESSOR}, args=ROUND),
    "reviews:sheet_cells": Address(None, {OFFICE, ASSESSOR, OTHER_ASSESSOR}, args=ROUND),
    "reviews:sheet_changes": Address({*READERS, ASSESSOR, OTHER_ASSESSOR}, answer=400, args=ROUND),
    "reviews:sheet_said": Address({*READERS, ASSESSOR, OTHER_ASSESSOR}, args=ROUND),
    "reviews:sheet_history": Address(
        {*READERS, ASSESSOR, OTHER_ASSESSOR}, refused=404, roleless=403, answer=404, args=ROUND
    ),
    "reviews:number_sheet": Address(
        READERS, {OFFICE}, refused=404, roleless=403, args=("other_round", "number_assignment")
    ),
    "reviews:event_list": Address(READERS, args=ROUND),
    "reviews:event_decide": Address(
        None, {OFFICE}, args=ROUND, data=(("event", "EVENT"), ("status", "approved"), ("reason", "x"))
    ),
    "reviews:event_add": Address(
        {OFFICE}, {OFFICE}, args=ROUND, data=(("subject", "S001"), ("entry", "B|B-3"), ("value", "1"))
    ),
    "reviews:event_catalogue": Address({OFFICE}, args=ROUND),
    "reviews:event_matters": Address({OFFICE}, args=ROUND),
    "reviews:event_leaves": Address(
        READERS, {OFFICE}, args=ROUND, data=(("indicator", "B"), ("shown", "on"), ("applications", "on"))
    ),
    "reviews:event_detail": Address(
        READERS,
        {OFFICE},
        refused=404,
        roleless=403,
        args=("round", "event"),
        data=(("do", "withdraw"), ("reason", "x")),
    ),
    "reviews:event_join": Address(None, {OFFICE}, args=("round", "event")),
    # Who reads an event is told that it may not comment; who does not is told nothing.
    "reviews:event_comment": Address(
        None, {OFFICE}, refused=404, roleless=403, args=("round", "event"), data=(("text", "x"),)
    ),
    "reviews:own_events": Address({SUBJECT, OTHER_SUBJECT}, args=ROUND),
    "reviews:own_event_add": Address({SUBJECT, OTHER_SUBJECT}, {SUBJECT, OTHER_SUBJECT}, args=ROUND),
    "reviews:evidence_list": Address(READERS, args=ROUND),
    "reviews:evidence_counts": Address({*READERS, ASSESSOR, OTHER_ASSESSOR}, args=ROUND),
    "reviews:evidence": Address({*ABOVE, ASSESSOR}, {ASSESSOR}, refused=404, roleless=403, args=("round", "files_key")),
    "reviews:evidence_file": Address({*ABOVE, ASSESSOR}, refused=404, roleless=403, args=("round", "evidence")),
    "reviews:evidence_withdraw": Address(
        None, {OFFICE, ASSESSOR}, refused=404, roleless=403, args=("round", "evidence")
    ),
    "reviews:own_reports": Address({SUBJECT, OTHER_SUBJECT}, args=ROUND),
    "reviews:self_report_list": Address(ABOVE | {ASSESSOR}, args=ROUND),
    "reviews:self_remind": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:self_reminders": Address(ABOVE, args=ROUND),
    "reviews:self_report": Address(
        ABOVE | {SUBJECT, ASSESSOR}, {OFFICE, ASSESSOR}, refused=404, roleless=403, args=("round", "subject")
    ),
    "reviews:self_report_print": Address(
        ABOVE | {SUBJECT, ASSESSOR}, refused=404, roleless=403, args=("round", "subject")
    ),
    "reviews:self_report_compare": Address(
        ABOVE | {SUBJECT, ASSESSOR}, refused=404, roleless=403, args=("round", "subject")
    ),
    "reviews:self_report_edit": Address({SUBJECT}, {SUBJECT}, refused=404, roleless=403, args=("round", "subject")),
    "reviews:self_report_save": Address(None, {SUBJECT}, refused=404, roleless=403, args=("round", "subject")),
    "reviews:report_settings": Address({OFFICE}, {OFFICE}, args=ROUND, data=(("seen", "0"), ("provisional", "on"))),
    "reviews:report_extend": Address({OFFICE}, {OFFICE}, args=("round", "subject")),
    # The assessor is named as a reviewer of that round.
    "reviews:duty_list": Address(ABOVE | {ASSESSOR}, args=DUTY),
    "reviews:duty_reviewers": Address({OFFICE}, {OFFICE}, args=DUTY),
    "reviews:duty_remind": Address({OFFICE}, {OFFICE}, args=DUTY),
    "reviews:duty_reminders": Address(ABOVE, args=DUTY),
    "reviews:duty_similarity": Address(ABOVE | {ASSESSOR}, args=DUTY),
    "reviews:duty_pair": Address(
        ABOVE | {ASSESSOR}, refused=404, roleless=403, args=("duty_round", "duty_left", "duty_right")
    ),
    "reviews:duty_report": Address(
        ABOVE | {SUBJECT, ASSESSOR}, {OFFICE, ASSESSOR}, refused=404, roleless=403, args=DUTY_SUBJECT
    ),
    "reviews:duty_comment": Address(None, {OFFICE, ASSESSOR}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:duty_compare": Address(ABOVE | {SUBJECT, ASSESSOR}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:duty_print": Address(ABOVE | {SUBJECT, ASSESSOR}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:duty_word": Address(ABOVE | {SUBJECT, ASSESSOR}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:duty_edit": Address({SUBJECT}, {SUBJECT}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:duty_save": Address(None, {SUBJECT}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:duty_history": Address({SUBJECT}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:duty_restore": Address(None, {SUBJECT}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:duty_import": Address({SUBJECT}, {SUBJECT}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:duty_draft_word": Address({SUBJECT}, refused=404, roleless=403, args=DUTY_SUBJECT),
    "reviews:figures": Address({*ABOVE, ASSESSOR, OTHER_ASSESSOR}, args=ROUND),
    "reviews:figures_own": Address(ABOVE | {SUBJECT}, {SUBJECT}, refused=404, roleless=403, args=("round", "subject")),
    "reviews:figure_history": Address(
        ABOVE, refused=404, roleless=403, args=("other_round", "number_subject", "number_leaf")
    ),
    "reviews:figures_verify": Address(
        READERS, {OFFICE}, refused=404, roleless=403, args=("other_round", "number_assignment")
    ),
    "reviews:figures_targets": Address(ABOVE, {OFFICE}, args=("other_round", "number_leaf")),
    "reviews:inspections": Address(ABOVE, args=ROUND),
    "reviews:inspection_sample": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:inspection_list": Address(ABOVE, {OFFICE}, args=("round", "sampling"), data=(("shown", "on"),)),
    "reviews:inspection_print": Address(ABOVE, args=("round", "sampling")),
    "reviews:inspection": Address(ABOVE, {OFFICE}, args=("round", "inspection"), data=(("do", "record"),)),
    "reviews:own_inspections": Address({SUBJECT, OTHER_SUBJECT}, args=ROUND),
    "reviews:plan_changes": Address(ROLES, args=ROUND),
    "reviews:plan_change_add": Address({OFFICE, SUBJECT, OTHER_SUBJECT}, {OFFICE, SUBJECT, OTHER_SUBJECT}, args=ROUND),
    "reviews:plan_change_date": Address({OFFICE}, {OFFICE}, args=ROUND, data=(("reason", "x"),)),
    "reviews:plan_version_take": Address({OFFICE}, {OFFICE}, args=ROUND, data=(("version", "1"), ("reason", "x"))),
    "reviews:plan_version_change": Address(ROLES, args=("round", "plan_version_change")),
    "reviews:plan_change": Address(
        {*ABOVE, SUBJECT},
        {OFFICE, LEADER, SUBJECT},
        refused=404,
        roleless=403,
        args=("round", "plan_change"),
        data=(("do", "approve"), ("reason", "x")),
    ),
    # Lists are published to nobody here; a subject finds an empty page. The one in the table is the subject's own.
    "reviews:promises": Address(ABOVE | {ASSESSOR, SUBJECT, OTHER_SUBJECT}, args=ROUND),
    "reviews:promise_give": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:promise_list": Address(
        ABOVE | {ASSESSOR, SUBJECT},
        {OFFICE, ASSESSOR},
        refused=404,
        roleless=403,
        args=("round", "promise_list"),
        data=(("do", "return_report"), ("reason", "x")),
    ),
    "reviews:promise_change": Address(
        {OFFICE}, {OFFICE}, refused=404, roleless=403, args=("round", "promise_list"), data=PROMISE
    ),
    "reviews:promise_report": Address({SUBJECT}, {SUBJECT}, refused=404, roleless=403, args=("round", "promise_list")),
    "reviews:promise_report_save": Address(None, {SUBJECT}, refused=404, roleless=403, args=("round", "promise_list")),
    "reviews:promise_edit": Address(
        {SUBJECT}, {SUBJECT}, refused=404, roleless=403, args=("round", "subject", "promise_kind"), data=PROMISE
    ),
    "reviews:promise_save": Address(
        None, {SUBJECT}, refused=404, roleless=403, args=("round", "subject", "promise_kind"), data=PROMISE
    ),
    "reports:promise_book": Address(ABOVE | {ASSESSOR}, args=ROUND),
    # Held by the assessor, with the subject's unit: an auditor reads the register only, a leader nothing.
    "reviews:interviews": Address(READERS | {ASSESSOR, SUBJECT}, args=ROUND),
    "reviews:interview_add": Address({OFFICE}, {OFFICE}, args=ROUND, data=INTERVIEW),
    "scoring:result_interviews": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:interview": Address(
        {OFFICE, ASSESSOR, SUBJECT},
        {SUBJECT},
        refused=404,
        roleless=403,
        args=("round", "interview"),
        data=(("do", "confirm"), ("seen", "1")),
    ),
    "reviews:interview_record": Address(
        {OFFICE, ASSESSOR}, {OFFICE, ASSESSOR}, refused=404, roleless=403, args=("round", "interview"), data=RECORD
    ),
    "reviews:interview_save": Address(
        None, {OFFICE, ASSESSOR}, refused=404, roleless=403, args=("round", "interview"), data=RECORD
    ),
    "reviews:interview_print": Address(
        {OFFICE, ASSESSOR, SUBJECT}, refused=404, roleless=403, args=("round", "interview")
    ),
    "reviews:interview_word": Address(
        {OFFICE, ASSESSOR, SUBJECT}, refused=404, roleless=403, args=("round", "interview")
    ),
    "reviews:meetings": Address(ABOVE, args=ROUND),
    "reviews:meeting_add": Address({OFFICE}, {OFFICE}, args=ROUND, data=MEETING),
    "reviews:own_meeting": Address({SUBJECT, OTHER_SUBJECT}, args=ROUND),
    "reviews:meeting": Address(
        ABOVE, {OFFICE}, refused=404, roleless=403, args=("round", "meeting"), data=(("do", "open"), ("reason", "x"))
    ),
    "reviews:meeting_edit": Address(
        {OFFICE}, {OFFICE}, refused=404, roleless=403, args=("round", "meeting"), data=MEETING
    ),
    "reviews:meeting_agenda": Address(
        ABOVE, {OFFICE}, refused=404, roleless=403, args=("round", "meeting"), data=(("do", "order"), ("order", "1"))
    ),
    "reviews:meeting_strokes": Address({OFFICE}, {OFFICE}, refused=404, roleless=403, args=("round", "meeting")),
    "reviews:meeting_attendance": Address(
        ABOVE, {OFFICE}, refused=404, roleless=403, args=("round", "meeting"), data=(("do", "number"), ("number", "1"))
    ),
    "reviews:meeting_expect": Address(
        {OFFICE}, {OFFICE}, refused=404, roleless=403, args=("round", "meeting"), data=(("people", "张三"),)
    ),
    "reviews:meeting_sign_in": Address(ABOVE, refused=404, roleless=403, args=("round", "meeting")),
    "reviews:meeting_record": Address(
        ABOVE, {OFFICE}, refused=404, roleless=403, args=("round", "meeting"), data=MINUTES
    ),
    "reviews:talk_record": Address(
        ABOVE, {OFFICE}, refused=404, roleless=403, args=("round", "meeting", "talk"), data=MINUTES
    ),
    "reviews:meeting_cell": Address(
        None, {OFFICE}, refused=404, roleless=403, args=("round", "meeting"), data=(("cell", "opening"), ("text", "x"))
    ),
    "reviews:meeting_minutes": Address(ABOVE, refused=404, roleless=403, args=("round", "meeting")),
    "reviews:meeting_minutes_file": Address(ABOVE, refused=404, roleless=403, args=("round", "meeting")),
    "reviews:meeting_timer": Address(ABOVE, refused=404, roleless=403, args=("round", "meeting")),
    "reviews:meeting_clock": Address(ABOVE, {OFFICE}, refused=404, roleless=403, args=("round", "meeting")),
    "reviews:published": Address(ROLES, args=ROUND),
    "reviews:publication_add": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:publication": Address(
        ABOVE, {OFFICE}, refused=404, roleless=403, args=("round", "publication"), data=(("do", "withdraw"),)
    ),
    # Shown to the accounts of one unit: that of the other subject.
    "reviews:published_report": Address(
        {*ABOVE, SUBJECT, OTHER_SUBJECT}, {OTHER_SUBJECT}, refused=404, roleless=403, args=("round", "published_report")
    ),
    "reviews:published_read": Address(
        None, {*ABOVE, SUBJECT, OTHER_SUBJECT}, refused=404, roleless=403, args=("round", "published_report")
    ),
    "reviews:comment_decide": Address(
        None, {OFFICE}, refused=404, roleless=403, args=("round", "comment"), data=(("state", "shown"),)
    ),
    "reviews:paper": Address(READERS, {OFFICE}, args=("other_round", "paper_poll")),
    "reviews:paper_voters": Address(READERS, {OFFICE}, args=("other_round", "paper_poll")),
    "reviews:paper_print": Address(READERS, {OFFICE}, args=("other_round", "paper_poll"), data=(("copies", "2"),)),
    "reviews:paper_sheets": Address(READERS, args=("other_round", "paper_poll")),
    "reviews:paper_entry": Address({OFFICE}, {OFFICE}, args=("other_round", "paper_poll")),
    "reviews:paper_entry_save": Address(None, {OFFICE}, args=("other_round", "paper_poll")),
    # The two who counted; others of the office and auditors once the vote is closed.
    "reviews:paper_compare": Address({OFFICE}, {OFFICE}, args=("other_round", "paper_poll", "paper_count")),
    "reviews:ledger": Address({*ABOVE, SUBJECT, OTHER_SUBJECT}, args=ROUND),
    "reviews:ledger_add": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:ledger_findings": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:ledger_carry": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:ledger_strike": Address(None, {OFFICE}, args=ROUND),
    "reviews:ledger_remind": Address({OFFICE}, {OFFICE}, args=ROUND),
    "reviews:ledger_reminders": Address(ABOVE, args=ROUND),
    "reviews:ledger_item": Address(
        {*ABOVE, SUBJECT},
        {OFFICE, SUBJECT},
        refused=404,
        roleless=403,
        args=("round", "ledger_item"),
        data=(("do", "progress"), ("text", "x")),
    ),
    "reviews:ledger_edit": Address({OFFICE}, {OFFICE}, args=("round", "ledger_item")),
    "reviews:polls": Address(READERS, {OFFICE}, args=POLLS),
    "reviews:polls_live": Address(READERS, args=POLLS),
    "reviews:poll_key": Address(READERS, {OFFICE}, args=POLLS),
    "reviews:poll_count": Address({OFFICE}, {OFFICE}, args=POLLS),
    "reviews:poll_exclusions": Address(READERS, {OFFICE}, args=POLLS),
    "reviews:poll_comments": Address({OFFICE, LEADER}, args=POLLS),
    "reviews:poll": Address(READERS, {OFFICE}, args=("other_round", "open_poll"), data=(("do", "close"),)),
    "reviews:poll_voters": Address({OFFICE}, {OFFICE}, args=("other_round", "open_poll")),
    "reviews:poll_check": Address(READERS, {OFFICE}, args=("other_round", "open_poll")),
    "reviews:poll_people": Address(READERS, args=("other_round", "prepared_poll")),
    "reviews:poll_draw": Address(READERS, args=("other_round", "prepared_poll")),
    "reviews:poll_roll": Address(READERS, {OFFICE}, args=("other_round", "open_poll")),
    "reviews:poll_slips": Address({OFFICE}, {OFFICE}, args=("other_round", "open_poll")),
    "reviews:poll_doors": Address({OFFICE}, {OFFICE}, args=("other_round", "open_poll"), data=(("door", "0"),)),
    "reviews:poll_poster": Address({OFFICE}, args=("other_round", "open_poll", "office_door")),
    "reviews:poll_screen": Address(READERS, args=("other_round", "open_poll")),
    "reviews:poll_chair": Address(None, {OFFICE}, args=("other_round", "open_poll"), data=(("do", "close"),)),
    "reviews:poll_remind": Address({OFFICE}, {OFFICE}, args=("other_round", "open_poll")),
    "reviews:poll_longer": Address({OFFICE}, {OFFICE}, args=("other_round", "open_poll"), data=(("reason", "x"),)),
    "reviews:poll_annul": Address({OFFICE}, {OFFICE}, args=("other_round", "open_poll"), data=(("reason", "x"),)),
    "reviews:fact_table": Address(READERS, {OFFICE}, args=("other_round",)),
    "reviews:history": Address(STAFF, args=ROUND),
    # Where people vote: for everybody; what a ticket opens is in test_booth.py.
    "reviews:booth": Address(ACCOUNTS, public=True),
    "reviews:booth_ballot": Address(ACCOUNTS, ACCOUNTS, public=True),
    "reviews:booth_cast": Address(None, ACCOUNTS, public=True),
    "reviews:booth_door": Address(ACCOUNTS, answer=410, args=("door",), public=True),
    "reviews:booth_receipts": Address(ACCOUNTS, ACCOUNTS, args=("poll",), public=True),
    "reviews:booth_codes": Address(ACCOUNTS, args=("poll",), public=True),
    "scoring:my_results": Address(ROLES),
    "scoring:ranking": Address(ABOVE, args=ROUND),
    "scoring:limits": Address(ABOVE, args=ROUND),
    "scoring:decide_block": Address({OFFICE}, {OFFICE}, args=("round", "limit"), data=(("reason", "x"),)),
    "scoring:selections": Address(ABOVE, args=("veto_round",)),
    "scoring:settle_veto": Address(None, {OFFICE}, args=("veto_round", "veto"), data=(("seen", "0"),)),
    "scoring:payout": Address(ABOVE, {OFFICE}, args=("paid_round",)),
    "scoring:earlier": Address(
        READERS, {OFFICE}, args=("yearly",), data=(("do", "add"), ("set", "quarters"), ("round", "1"))
    ),
    "scoring:earlier_subjects": Address(READERS, args=("yearly", "set")),
    "scoring:event_effects": Address(ABOVE, ABOVE, args=ROUND),
    "scoring:announce": Address(None, {OFFICE}, args=ROUND),
    "scoring:seal": Address(None, {OFFICE}, args=ROUND),
    "scoring:subject_result": Address(ABOVE, refused=404, args=("round", "subject")),
    "scoring:figure": Address(ABOVE, refused=404, args=("round", "subject", "leaf")),
    "scoring:trial": Address({OFFICE}),
    "scoring:decide": Address(
        None,
        {OFFICE},
        args=("round", "subject"),
        data=(("grade", "优秀"), ("reason", "x"), ("document", "x"), ("seen", "0")),
    ),
    "scoring:withdraw": Address(None, {OFFICE}, args=("round", "subject")),
    "reports:home": Address(ACCOUNTS),
    "reports:upload": Address({OFFICE}, {OFFICE}),
    "reports:workbook": Address(READERS, {OFFICE}, args=ROUND),
    "reports:export": Address(None, READERS, args=ROUND),
    "reports:template": Address(None, READERS, args=ROUND),
    "reports:plan_template": Address(None, READERS, args=("plan",)),
    "reports:poll_summary": Address(READERS, args=("other_round", "paper_poll")),
    "reports:paper_word": Address(READERS, args=("other_round", "paper_poll")),
    "reports:paper_book": Address(READERS, args=("other_round", "paper_poll")),
    "reports:circular": Address(ABOVE, args=ROUND),
    "reports:circular_word": Address(ABOVE, args=ROUND),
    "reports:circular_book": Address(ABOVE, args=ROUND),
    "reports:compare_duty_reports": Address(None, {OFFICE}, args=DUTY),
    "reports:offline": Address({*READERS, ASSESSOR, OTHER_ASSESSOR}, {OFFICE, ASSESSOR, OTHER_ASSESSOR}, args=ROUND),
    "reports:offline_mine": Address({ASSESSOR}, args=ROUND),
    "reports:offline_unit": Address(READERS, args=("round", "marking_unit")),
    "reports:offline_all": Address(None, READERS, args=ROUND),
    # An upload is its owner's alone.
    "reports:offline_upload": Address({ASSESSOR}, {ASSESSOR}, refused=404, roleless=403, args=("round", "upload")),
    "reports:offline_marked": Address({ASSESSOR}, refused=404, roleless=403, args=("round", "upload")),
    "reports:compute": Address(None, {OFFICE}, args=ROUND),
    "reports:job": Address(READERS, refused=404, args=("job",)),
    "reports:job_file": Address(READERS, refused=404, args=("job",)),
    "reports:load_checked": Address(None, {OFFICE}, args=("job",)),
}
# What changes for readers when the result is announced; before and after, nobody else sees more.
ANNOUNCED = {
    "reviews:evidence": Address({*ABOVE, ASSESSOR, SUBJECT}, refused=404, roleless=403, args=("round", "files_key")),
    "reviews:evidence_file": Address(
        {*ABOVE, ASSESSOR, SUBJECT}, refused=404, roleless=403, args=("round", "evidence")
    ),
    "scoring:ranking": Address(ROLES, args=ROUND),
    "scoring:subject_result": Address(ABOVE | {SUBJECT}, refused=404, args=("round", "subject")),
    # Grades are decided before the result is announced: back to the limits.
    "scoring:decide_block": Address({OFFICE}, {OFFICE}, args=("round", "limit"), answer=302),
    "scoring:figure": Address(ABOVE | {SUBJECT}, refused=404, args=("round", "subject", "leaf")),
}


def names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern, f"{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield f"{namespace}{pattern.name}"


def test_every_address_is_in_the_table():
    assert set(names(get_resolver())) == set(ADDRESSES)


# ---------------------------------------------------------------- the site


@dataclass
class Site:
    clients: dict[str, Client]
    known: dict[str, Any]

    def url(self, name: str, address: Address) -> str:
        return reverse(name, args=[self.known[arg] for arg in address.args])


@pytest.fixture
def site() -> Site:
    round_ = district_round(3)
    other_round = district_round(2, plan="yinhai-2016", name="2016")
    veto_round = district_round(1, plan="county-secretary", name="2017")
    paid_round = district_round(1, plan="subdistrict-quarterly", name="2018-Q1")
    yearly = district_round(1, plan="subdistrict-annual", name="2018")
    first, second = round_.subjects.order_by("order")[:2]
    marked = round_.assignments.get(indicator="K21")
    number = other_round.assignments.filter(indicator=NUMBER_LEAF).first()
    event = Event.objects.create(subject=first, indicator="B", item="B-3", count=1, value=1, matter="疫情防控")
    run_scoring(round=round_)
    office = make_user(Role.OFFICE)
    job = Job.objects.create(kind=JobKind.IMPORT, round=round_, created_by=office, state=JobState.DONE)
    job.options = {"preview": True}
    job.output.save("x.xlsx", ContentFile(b"x"), save=True)
    accounts = {
        NOBODY: make_user(),
        SUBJECT: make_user(Role.SUBJECT, first.unit),
        OTHER_SUBJECT: make_user(Role.SUBJECT, second.unit),
        ASSESSOR: make_user(Role.ASSESSOR, marked.unit),
        OTHER_ASSESSOR: make_user(Role.ASSESSOR),
        LEADER: make_user(Role.LEADER),
        AUDITOR: make_user(Role.AUDITOR),
        ADMIN: make_user(Role.ADMIN),
        OFFICE: office,
    }
    prepare_polls(round=other_round, by=office)
    paper_poll = other_round.polls.earliest("pk")
    rule = Rule((Source("paper", number=3),))
    open_poll(poll=change_poll(poll=paper_poll, rule=rule, by=office), by=office)
    paper_count = both_finish(paper_poll, (office, make_user(Role.OFFICE)), figures_of_ballots([]))
    delegation = Delegation.objects.create(
        round=round_,
        giver=accounts[ASSESSOR],
        taker=make_user(),
        starts="2026-01-01",
        ends="2099-01-01",
        reason="x",
        state=Delegation.State.AGREED,
    )
    place = find_place(round_, f"mark.{first.pk}.{marked.pk}")
    assert place is not None
    proof = add_evidence(place=place, file=ContentFile(b"text", name="x.txt"), by=accounts[ASSESSOR])
    report = SelfReport.objects.create(subject=first, text="总结", state="returned")
    report.submissions.create(number=1, text="总结", state="returned", submitted_by=accounts[SUBJECT])
    sampling = Sampling.objects.create(
        round=round_, number=1, title="x", reason="x", parameters={"leaves": ["K21"]}, made_by=office
    )
    meeting = Meeting.objects.create(round=round_, number=1, title="x", date="2026-12-10")
    promised = PromiseList.objects.create(subject=first, kind="promise", state="accepted")
    promised.promises.create(key="k", order=1, text="x")
    interview = Interview.objects.create(round=round_, subject=first, kind="x", reason="x", state="held", said="x")
    interview.accounts.add(accounts[ASSESSOR])
    publication = Publication.objects.create(
        round=round_, number=1, title="x", starts="2020-01-01", ends="2099-01-01", comments="named", created_by=office
    )
    publication.units.add(second.unit)
    published = publication.reports.create(subject=first, sections=[["", "x"]])
    poll = Poll.objects.create(round=round_, voter_class="unit", state="counted", opened_at="2020-12-01T08:00Z")
    PollReceipts.objects.create(poll=poll, codes=["00000-00000"])
    duty_round, handed_in = _duty_reports([(first.unit, accounts[SUBJECT]), (second.unit, accounts[OTHER_SUBJECT])])
    duty_round.duty_reviewers.create(account=accounts[ASSESSOR])
    day = "2099-01-01"
    item = LedgerItem.objects.create(
        round=round_, number=1, subject=first, problem="x", deadline=day, first_deadline=day
    )
    upload = OfflineUpload(round=round_, by=accounts[ASSESSOR], file_name="x.xlsx", state="ready")
    upload.file.save("x.xlsx", ContentFile(b"x"), save=False)
    upload.marked.save("y.xlsx", ContentFile(b"x"), save=True)
    known = {
        "publication": publication.pk,
        "published_report": published.pk,
        "comment": published.comments.create(text="x", day="2026-01-01").pk,
        "promise_list": promised.pk,
        "promise_kind": "promise",
        "interview": interview.pk,
        "meeting": meeting.pk,
        "talk": meeting.talks.create(subject=first).pk,
        "poll": poll.pk,
        "door": poll.doors.create(token="x", label="x", seats=1).token,
        "round": round_.pk,
        "duty_round": duty_round.pk,
        "duty_subject": handed_in[0].report.subject_id,
        "duty_left": handed_in[0].pk,
        "duty_right": handed_in[1].pk,
        "marking_unit": marked.unit_id,
        "upload": upload.pk,
        "ledger_item": item.pk,
        "other_round": other_round.pk,
        "veto_round": veto_round.pk,
        "veto": 0,
        "paid_round": paid_round.pk,
        "yearly": yearly.pk,
        "set": "quarters",
        "subject": first.pk,
        "assignment": marked.pk,
        "number_assignment": number.pk,
        "number_subject": other_round.subjects.earliest("order").pk,
        "number_leaf": NUMBER_LEAF,
        "event": event.pk,
        "files_key": f"mark.{first.pk}.{marked.pk}",
        "evidence": proof.pk,
        "delegation": delegation.pk,
        "sampling": sampling.pk,
        "inspection": sampling.inspections.create(subject=first, indicator="K21").pk,
        "plan_change": PlanChange.objects.create(
            round=round_, number=1, subject=first, kind="text", wish="x", reason="x", proposed_by=accounts[SUBJECT]
        ).pk,
        "plan_version_change": RoundPlanVersion.objects.create(
            round=round_, number=1, before=round_.plan_version, after=round_.plan_version, reason="x", by=office
        ).pk,
        "paper_poll": paper_poll.pk,
        "paper_count": paper_count.pk,
        "message": Notification.objects.create(account=office, title="x").pk,
        **_polls(other_round, office),
        "leaf": "K21",
        "limit": 0,
        "phase": "reviewing",
        "plan": "district-2020",
        "version": round_.plan_version_id,
        "unit": first.unit_id,
        "person": Person.objects.create(code="P1", name="李二", unit=make_unit()).pk,
        "account": make_user().pk,
        "job": job.pk,
        "token": "none",
        "section": "basics",
        "part": "rules",
        "index": 0,
    }
    known |= {name: _draft(plan, office).pk for name, plan in DRAFTS.items()}
    return Site({VISITOR: Client()} | {role: client_for(user) for role, user in accounts.items()}, known)


def _polls(round_: Round, office: Any) -> dict[str, int]:
    """An open poll with a link, and one in preparation of which a sample is drawn."""
    poll = poll_for(round_, "leader", office, kind="door", number=5, label="x")
    prepared = poll_for(round_, "served", office)
    change_rule(poll=prepared, rule=Rule((Source("people"),), sample=2, seed="x"), by=office)
    with_key(round_, office)
    poll = open_poll(poll=poll, by=office)
    return {"open_poll": poll.pk, "prepared_poll": prepared.pk, "office_door": poll.doors.get().pk}


def _duty_reports(writers: list[tuple[Any, Any]]) -> tuple[Round, list[DutySubmission]]:
    """A round in which these units handed in a report each, sent back since: drafts can be written."""
    duty_round = district_round(len(writers), plan="farm-two-duties", name="2019")
    handed_in = []
    for subject, (unit, writer) in zip(duty_round.subjects.order_by("order"), writers, strict=True):
        Subject.objects.filter(pk=subject.pk).update(unit=unit)
        report = DutyReport.objects.create(subject=subject, texts={"x": "述职"}, state="returned")
        fields = {"texts": {"x": "述职"}, "parts": [], "characters": 2, "state": "returned"}
        handed_in.append(report.submissions.create(number=1, submitted_by=writer, **fields))
    return duty_round, handed_in


DRAFTS = {"draft": "district-2020", "published_draft": "yinhai-2016", "thrown_draft": "county-secretary"}


def _draft(plan: str, office: Any) -> PlanDraft:
    return start_draft(version=ensure_plan(plan), by=office)


NUMBER_LEAF = "G11"  # of the other plan: a completion rate, which the office enters


def rows() -> dict[str, list[Any]]:
    """All that is stored, but for sessions and when somebody last came in."""
    kept = (
        m for m in apps.get_models() if m._meta.app_label in {"units", "indicators", "reviews", "scoring", "reports"}
    )
    return {m._meta.label: sorted(map(_words, m.objects.values())) for m in kept}


def _words(row: dict[str, Any]) -> str:
    """PostgreSQL's driver gives bytes as a view, whose words are its place in memory and not what it holds."""
    return repr({name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()})


def expected(address: Address, role: str, method: str) -> int:
    allowed, other = (address.read, address.write) if method == "get" else (address.write, address.read)
    if role == VISITOR and not address.public:
        return 302
    if allowed is None:
        return 405
    if role == VISITOR or role in allowed:
        return address.answer
    if role == NOBODY and address.roleless:
        return address.roleless
    # Who may read an object knows that it exists: writing to it is refused, not denied.
    return 403 if other and role in other else address.refused


def differences(site: Site, table: dict[str, Address], method: str) -> list[str]:
    found = []
    for name, address in table.items():
        url = site.url(name, address)
        for role in (VISITOR, *sorted(ACCOUNTS)):
            if method == "post" and _may_write(address, role):
                continue
            response = getattr(site.clients[role], method)(url, _data(site, address) if method == "post" else None)
            wanted = expected(address, role, method)
            if name == "units:login" and role == VISITOR:
                wanted = 200
            sent = response.headers.get("Location", "")
            at_the_door = role == VISITOR and not address.public and not sent.startswith(reverse("units:login"))
            if response.status_code != wanted or at_the_door:
                found.append(f"{method} {name} as {role}: {response.status_code} {sent}, expected {wanted}")
    return found


def _may_write(address: Address, role: str) -> bool:
    return bool(address.write) and (role in (address.write or ()) or (role == VISITOR and address.public))


def _data(site: Site, address: Address) -> dict[str, str]:
    version = Event.objects.get(pk=site.known["event"]).version
    return {name: f"{site.known['event']}.{version}" if value == "EVENT" else value for name, value in address.data}


def test_who_may_read_what_and_reading_changes_nothing(site):
    before = rows()
    assert differences(site, ADDRESSES, "get") == []
    assert rows() == before


def test_once_announced_those_appraised_see_the_ranking_and_their_own_result(site):
    Round.objects.filter(pk=site.known["round"]).update(phase="announced")
    assert differences(site, ADDRESSES | ANNOUNCED, "get") == []


def test_who_may_not_write_is_refused_and_nothing_changes(site):
    before = rows()
    assert differences(site, ADDRESSES, "post") == []
    assert rows() == before


def test_who_may_write_is_let_in(site):
    """The other half of the table: no POST of those who may is answered with a refusal."""
    found = []
    for name, address in ADDRESSES.items():
        if name in {"units:login", "units:logout", "reviews:subject_withdraw", "scoring:announce"}:
            continue
        for role in sorted(address.write or ()):
            status = site.clients[role].post(site.url(name, address), {}).status_code
            if status in {403, 404, 405} or status >= 500:
                found.append(f"{name} as {role}: {status}")
    assert found == []
