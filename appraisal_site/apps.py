from django.apps import AppConfig


class AppraisalSiteConfig(AppConfig):
    name = "appraisal_site"
    label = "appraisal_site"

    def ready(self) -> None:
        from appraisal_site import checks  # noqa: F401  registers the system checks
