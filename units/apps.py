from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UnitsConfig(AppConfig):
    name = "units"
    label = "units"
    verbose_name = _("Units and people")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import audit_words

        audit_words.describe(actions=audit_words.ACTIONS, fields=audit_words.FIELDS)
