from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class IndicatorsConfig(AppConfig):
    name = "indicators"
    label = "indicators"
    verbose_name = _("Plans and indicators")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from units.audit_words import describe

        describe(
            actions={
                "save plan version": gettext_noop("saved a plan version"),
                "start plan draft": gettext_noop("began a draft of a plan"),
                "discard plan draft": gettext_noop("threw away a draft of a plan"),
            },
            fields={"digest": gettext_noop("digest of the plan")},
            targets={"indicators.planversion": gettext_noop("plan version")},
        )
