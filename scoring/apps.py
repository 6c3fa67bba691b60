from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScoringConfig(AppConfig):
    name = "scoring"
    label = "scoring"
    verbose_name = _("Scores and ranking")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from reviews.eligibility import read_earlier_with
        from reviews.services.plan_versions import judge_with
        from reviews.services.polls.forgetting import forget_with

        from . import ledger_findings  # noqa: F401 - registers results as findings for the rectification ledger
        from .load import load_earlier
        from .plan_change import forget, refused, set_aside

        read_earlier_with(load_earlier)
        judge_with(refused, set_aside)
        forget_with(forget)
