from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "reviews"
    label = "reviews"
    verbose_name = _("Rounds and input")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from units.audit_words import describe

        # These register what they offer to others: after the talks of a meeting, about its commentaries, to a report.
        from . import (
            audit_words,
            audit_words_ledger,
            ledger_links,  # noqa: F401
            meeting_polls,  # noqa: F401
        )

        for words in (audit_words, audit_words_ledger):
            describe(actions=words.ACTIONS, fields=words.FIELDS, values=words.VALUES, targets=words.TARGETS)
