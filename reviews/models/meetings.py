"""The review meeting (述职评议会): who speaks when, who was there, what was said."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from units.models import Person

from .rounds import Round, Subject


class MeetingState(models.TextChoices):
    PLANNED = "planned", _("planned")
    RUNNING = "running", _("under way")
    CLOSED = "closed", _("closed")
    CANCELLED = "cancelled", _("called off")


class Meeting(models.Model):
    """One meeting of a round. `quorum` as in a plan file (2/3, >1/2, 80%, 30); empty: none is asked for.

    `order_rule` says how the order of the talks came about: {"group", "posts", "fact", "within", "seed", "ties"}.
    The four texts and those of its talks are written while it runs, cell by cell; corrections later are audited.
    `opened_*`: what was found when it was declared open and valid.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="meetings")
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=120)
    date = models.DateField(_("date"))
    time = models.TimeField(_("time"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True)
    chair = models.CharField(_("chaired by"), max_length=60, blank=True)
    host = models.CharField(_("hosted by"), max_length=60, blank=True)
    recorder = models.CharField(_("recorded by"), max_length=60, blank=True)
    # Beside the office, this account may record the meeting.
    recorder_account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="meetings_recorded"
    )
    minutes = models.PositiveIntegerField(_("minutes of each talk"), default=10)
    questions = models.BooleanField(_("questions from the floor are recorded"), default=True)
    quorum = models.CharField(_("quorum"), max_length=20, blank=True)
    order_rule = models.JSONField(default=dict)

    state = models.CharField(max_length=10, choices=MeetingState.choices, default=MeetingState.PLANNED)
    state_reason = models.CharField(_("reason"), max_length=500, blank=True)  # why it was called off
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    opened_expected = models.PositiveIntegerField(null=True, blank=True)
    opened_present = models.PositiveIntegerField(null=True, blank=True)
    # Why it was held although too few were there.
    quorum_reason = models.CharField(_("reason"), max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    opening = models.TextField(_("opening"), blank=True)
    guidance = models.TextField(_("words of those sent by the higher level"), blank=True)
    closing = models.TextField(_("summary"), blank=True)
    remarks = models.TextField(_("other matters"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["date", "time", "number"]
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="meeting_numbered")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in {MeetingState.PLANNED, MeetingState.RUNNING}


class TalkMode(models.TextChoices):
    SPEAKS = "speaks", _("speaks")
    WRITTEN = "written", _("in writing")
    ABSENT = "absent", _("does not come")


class TalkState(models.TextChoices):
    WAITING = "waiting", _("still to come")
    RUNNING = "running", _("speaking")
    PAUSED = "paused", _("paused")
    DONE = "done", _("heard")


class Talk(models.Model):
    """One subject on the agenda. `order` is its place, `stage` the heading it stands under.

    The clock: `spoken` milliseconds until `clock_at`, and since then if the state is running. `version` goes up when
    the clock is set. `is_current` False: its meeting was called off, and the subject may stand in another.
    """

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="talks")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="talks")
    order = models.PositiveIntegerField(default=0)
    stage = models.CharField(_("stage"), max_length=160, blank=True)
    mode = models.CharField(max_length=10, choices=TalkMode.choices, default=TalkMode.SPEAKS)
    mode_reason = models.CharField(_("reason"), max_length=240, blank=True)
    minutes = models.PositiveIntegerField(_("minutes"), null=True, blank=True)  # where they are not the meeting's
    is_current = models.BooleanField(default=True)

    state = models.CharField(max_length=10, choices=TalkState.choices, default=TalkState.WAITING)
    spoken = models.PositiveIntegerField(default=0)
    clock_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    began_at = models.DateTimeField(null=True, blank=True)

    summary = models.TextField(_("what was said"), blank=True)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subject"], condition=Q(is_current=True), name="subject_talks_once"),
            models.UniqueConstraint(fields=["meeting"], condition=Q(state="running"), name="one_talk_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.subject_id}"


class RemarkKind(models.TextChoices):
    QUESTION = "question", _("question")
    COMMENTARY = "commentary", _("commentary")


class Remark(models.Model):
    """A question from the floor with its answer, or a commentary (点评). `key` is made where it is typed, so that a
    row that is sent twice is one row. A question without text and answer, or an empty commentary, was taken back."""

    talk = models.ForeignKey(Talk, on_delete=models.CASCADE, related_name="remarks")
    key = models.CharField(max_length=32)
    kind = models.CharField(max_length=10, choices=RemarkKind.choices)
    who = models.CharField(_("who"), max_length=60, blank=True)
    text = models.TextField(_("text"), blank=True)
    answer = models.TextField(_("answer"), blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["talk", "key"], name="remark_once")]

    def __str__(self) -> str:
        return self.text[:40]

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.answer)


class Presence(models.TextChoices):
    EXPECTED = "expected", _("not there yet")
    PRESENT = "present", _("present")
    LEAVE = "leave", _("on leave")
    ABSENT = "absent", _("absent")


class Attendee(models.Model):
    """Somebody who is expected. `number` is called out at the door; `voter_class` says whose ballot they cast."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="attendees")
    number = models.PositiveIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=60)
    unit = models.CharField(_("unit"), max_length=120, blank=True)
    post = models.CharField(_("position"), max_length=80, blank=True)
    group = models.CharField(_("group"), max_length=160, blank=True)
    voter_class = models.CharField(_("voter class"), max_length=40, blank=True)
    is_observer = models.BooleanField(_("observer"), default=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    presence = models.CharField(max_length=10, choices=Presence.choices, default=Presence.EXPECTED)
    reason = models.CharField(_("reason"), max_length=240, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "number"], name="attendee_numbered"),
            models.UniqueConstraint(
                fields=["meeting", "person"], condition=Q(person__isnull=False), name="person_attends_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CharacterStrokes(models.Model):
    """The strokes of a character that the product's own table lacks or has otherwise, as the office entered them."""

    character = models.CharField(_("character"), max_length=1, unique=True)
    strokes = models.CharField(_("strokes"), max_length=64)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["character"]

    def __str__(self) -> str:
        return f"{self.character} {self.strokes}"
