"""Polls: who may vote, who has voted, what was voted. The second and the third never meet.

An entitlement says who may vote; a participation that it was used. A ballot lies sealed to the round's key until the
count, under a random key of its own and of one size. The count opens all of a poll in memory and keeps how often each
answer was given, nothing else: no ballot outlives it. docs/secrecy.md says what that hides and from whom.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from units.models import Person, Unit

from .rounds import Round, Subject


class BallotBox(models.Model):
    """The key of a round's ballots (计票密钥). What opens it is with its keepers, in `keepers` parts; never here."""

    round = models.OneToOneField(Round, on_delete=models.CASCADE, related_name="ballot_box")
    public_key = models.BinaryField(max_length=32)
    salt = models.BinaryField(max_length=16)
    keepers = models.PositiveSmallIntegerField(_("keepers"), default=1)
    keeper_names = models.JSONField(default=list)
    # The keepers typed their parts once more: they have been written down. No poll opens before.
    confirmed_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return str(self.round)


class PollState(models.TextChoices):
    PREPARED = "prepared", _("being prepared")
    # The voters are fixed and may hold slips; nobody votes before it is opened, by the chair of a meeting for instance.
    READY = "ready", _("ready, not open")
    OPEN = "open", _("open")
    CLOSED = "closed", _("closed, not counted")
    COUNTED = "counted", _("counted")
    ANNULLED = "annulled", _("annulled")


class Poll(models.Model):
    """One voter class's vote in a round. A class that was annulled votes again in a poll of the next `run`.

    `rule` says who votes (`services.polls.voters.Rule`), `terms` what a ballot may look like (`ballot_form.Terms`,
    frozen when its voters are fixed), `report` what the count found (`services.polls.counting.Report`).
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="polls")
    voter_class = models.CharField(_("voter class"), max_length=40)
    run = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(_("state"), max_length=12, choices=PollState.choices, default=PollState.PREPARED)
    rule = models.JSONField(default=dict)
    terms = models.JSONField(default=dict)
    closes_on = models.DateField(_("last day"), null=True, blank=True)
    instructions = models.CharField(_("words to the voters"), max_length=500, blank=True)
    # Only the chair's page opens and closes it; its big screen shows the turnout.
    in_meeting = models.BooleanField(_("in a meeting"), default=False)
    # Whether the office sees who has not voted yet, or only how many.
    names_shown = models.BooleanField(_("the office sees who has not voted"), default=False)
    public_key = models.BinaryField(max_length=32, default=b"")  # the round's, as it was when the poll opened
    sealed_size = models.PositiveIntegerField(default=0)  # bytes that every ballot of this poll has before sealing
    report = models.JSONField(default=dict)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    annulled_because = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        ordering = ["round", "voter_class", "run"]
        verbose_name = _("poll")
        constraints = [
            models.UniqueConstraint(fields=["round", "voter_class", "run"], name="poll_run_once"),
            models.UniqueConstraint(
                fields=["round", "voter_class"], condition=~Q(state="annulled"), name="poll_of_a_class_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} · {self._title}"

    @property
    def _title(self) -> str:
        """The class as the plan names it: the trail is read by people."""
        rows = (row for node in self.round.plan_version.document["indicators"] for row in node.get("classes", ()))
        return next((row["title"] for row in rows if row["code"] == self.voter_class), self.voter_class)


class PollDraw(models.Model):
    """How the sample of a poll was drawn: seed, size and the list that it was drawn from, as they were then."""

    poll = models.OneToOneField(Poll, on_delete=models.CASCADE, related_name="draw")
    seed = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    population = models.JSONField(default=list)  # [[code, name], …]
    drawn = models.JSONField(default=list)  # codes

    def __str__(self) -> str:
        return f"{self.poll} · {self.size}"


class VoteExclusion(models.Model):
    """A voter who does not vote on a subject of a round (回避): a relative, a direct competitor."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="vote_exclusions")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=240)

    class Meta:
        ordering = ["subject__order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "unit"], condition=Q(unit__isnull=False), name="unit_excluded"),
            models.UniqueConstraint(
                fields=["subject", "person"], condition=Q(person__isnull=False), name="person_excluded"
            ),
            models.UniqueConstraint(
                fields=["subject", "account"], condition=Q(account__isnull=False), name="account_excluded"
            ),
            models.CheckConstraint(
                condition=Q(unit__isnull=False, person__isnull=True, account__isnull=True)
                | Q(unit__isnull=True, person__isnull=False, account__isnull=True)
                | Q(unit__isnull=True, person__isnull=True, account__isnull=False),
                name="one_voter_is_excluded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.unit or self.person or self.account}"


class BallotPaper(models.Model):
    """Whom a voter rates (票样): `places` is [[subject, [leaf, …]], …]. Voters who rate the same share one."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="papers")
    digest = models.CharField(max_length=64)
    places = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["poll", "digest"], name="ballot_paper_once")]

    def __str__(self) -> str:
        return f"{self.poll} · {self.digest[:8]}"


class Door(models.Model):
    """A link that many may use (公开链接、会场扫码). It has `seats` entitlements: nobody votes beyond them."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="doors")
    token = models.CharField(max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=80)
    seats = models.PositiveIntegerField(_("at most so many ballots"))
    is_open = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.label


class Entitlement(models.Model):
    """One person, one vote: somebody who may cast one ballot. By account, by a code of which only a hash is kept,
    or a seat of a door, which takes the hash of the device that sits down on it."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="entitlements")
    paper = models.ForeignKey(BallotPaper, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=120, blank=True)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    door = models.ForeignKey(Door, on_delete=models.CASCADE, null=True, blank=True, related_name="entitlements")
    # A slip without a name: its number is printed on it, for handing out and for giving it back.
    slip = models.PositiveIntegerField(null=True, blank=True)
    code_hash = models.CharField(max_length=64, null=True, blank=True, unique=True)
    printed_at = models.DateTimeField(null=True, blank=True)
    # Votes on paper instead: never online. Whoever has voted online gets no paper.
    on_paper = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "account"], condition=Q(account__isnull=False), name="account_votes_once"
            ),
            models.UniqueConstraint(fields=["poll", "unit"], condition=Q(unit__isnull=False), name="unit_votes_once"),
            models.UniqueConstraint(
                fields=["poll", "person"], condition=Q(person__isnull=False), name="person_votes_once"
            ),
            models.UniqueConstraint(fields=["poll", "slip"], condition=Q(slip__isnull=False), name="slip_once"),
        ]
        indexes = [models.Index(fields=["door", "code_hash"], name="free_seats_of_a_door")]

    def __str__(self) -> str:
        return self.label or str(self.pk)


class Participation(models.Model):
    """That an entitlement was used. Inserted with the ballot; holds no time, nothing of the ballot."""

    entitlement = models.OneToOneField(Entitlement, on_delete=models.CASCADE, primary_key=True, related_name="used")
    # Told apart so that counting the turnout of a poll needs no join; no key: a vote touches no row but its own.
    poll_id = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return str(self.pk)


class SealedBallot(models.Model):
    """A ballot until the count: opaque to everybody, of the same size as all others of its poll."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    poll_id = models.BigIntegerField(db_index=True)  # no key, for the same reason
    box = models.BinaryField()

    def __str__(self) -> str:
        return str(self.id)


class Channel(models.TextChoices):
    ONLINE = "online", _("online")
    PAPER = "paper", _("on paper")


class BallotCount(models.Model):
    """How many ballots of a poll gave this answer to this subject and leaf ("" for 弃权). What the engine scores."""

    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="counts")
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.ONLINE)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="ballot_counts")
    indicator = models.CharField(max_length=40)
    voter_class = models.CharField(max_length=40)  # the poll's, so that loading a round needs no join
    answer = models.CharField(max_length=60, blank=True)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "indicator", "voter_class", "answer", "channel", "poll"], name="ballot_count_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer} × {self.count}"


class BallotComment(models.Model):
    """What somebody wrote on a ballot about a subject. Shuffled at the count; shown above the plan's minimum only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="comments")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text


class PollReceipts(models.Model):
    """The codes of all ballots that a poll's count opened, in the order of the alphabet: published."""

    poll = models.OneToOneField(Poll, on_delete=models.CASCADE, related_name="receipts")
    codes = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.poll)
