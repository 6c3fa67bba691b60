"""Ballots: what was voted, never by whom. No account, address, session or time is stored here.

Ballots of a workbook keep the slip's number (票号) so that loading the workbook again adds nothing.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from .rounds import Round, Subject


class Ballot(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="ballots")
    voter_class = models.CharField(max_length=40)
    number = models.CharField(max_length=60, blank=True)  # 票号 of a workbook; empty otherwise

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "number", "voter_class"],
                condition=~Q(number=""),
                name="ballot_number_once_per_round",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class BallotMark(models.Model):
    """One answer of a ballot: an option's title, a number in plain digits, or "" for an abstention (弃权)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    ballot = models.ForeignKey(Ballot, on_delete=models.CASCADE, related_name="marks")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    indicator = models.CharField(max_length=40)
    voter_class = models.CharField(max_length=40)  # the ballot's; here so that counting needs no join
    answer = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ballot", "subject", "indicator"], name="ballot_answers_once"),
        ]
        # Covers the one query that counts a round: subject, leaf, class, answer → number.
        indexes = [
            models.Index(fields=["subject", "indicator", "voter_class", "answer"], name="ballot_count"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PaperTally(models.Model):
    """Votes counted from paper: so many ballots of a class gave this answer to this subject and leaf."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="paper_tallies")
    indicator = models.CharField(max_length=40)
    voter_class = models.CharField(max_length=40)
    answer = models.CharField(max_length=60, blank=True)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "indicator", "voter_class", "answer"], name="paper_tally_once"),
        ]

    def __str__(self) -> str:
        return f"{self.answer} × {self.count}"
