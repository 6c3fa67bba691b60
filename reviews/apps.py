from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    name = "reviews"
    label = "reviews"
    verbose_name = _("Rounds and input")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from units.audit_words import describe

        from . import meeting_polls  # noqa: F401 - registers what a meeting's page offers after the talks
        from .audit_words import ACTIONS, FIELDS, TARGETS, VALUES

        describe(actions=ACTIONS, fields=FIELDS, values=VALUES, targets=TARGETS)
