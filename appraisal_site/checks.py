from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Tags, register

REQUIRED_ASSETS = ("bootstrap/dist/css/bootstrap.min.css", "bootstrap-icons/font")


@register(Tags.staticfiles)
def assets_are_installed(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    missing = [path for path in REQUIRED_ASSETS if not (settings.NODE_MODULES / path).exists()]
    if not missing:
        return []
    return [
        checks.Warning(
            f"Front-end assets are missing: {', '.join(missing)}.",
            hint="Run 'make setup'.",
            id="appraisal_site.W001",
        )
    ]


@register(Tags.security, deploy=True)
def production_is_complete(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.PRODUCTION:
        found.append(checks.Warning("PRODUCTION is not set.", hint="PRODUCTION=true", id="appraisal_site.W002"))
    if not settings.HTTPS:
        found.append(
            checks.Warning(
                "Passwords and ballots would travel unencrypted.",
                hint="Serve over TLS and leave HTTPS=true.",
                id="appraisal_site.W003",
            )
        )
    if settings.PRODUCTION and "localhost" in settings.ALLOWED_HOSTS:
        found.append(
            checks.Warning(
                "ALLOWED_HOSTS still names this machine only.",
                hint="Set ALLOWED_HOSTS to the name people type, e.g. kaoping.example.gov.cn.",
                id="appraisal_site.W004",
            )
        )
    return found
