"""The site's addresses. Each app names its own below the root (`plans/`, `rounds/` …)."""

from django.urls import include, path

from appraisal_site.views import health
from units.views.session import choose_language

urlpatterns = [
    path("healthz", health, name="health"),
    path("language/", choose_language, name="set_language"),
    # First the one whose own first addresses are asked for most: a search ends at the first match.
    path("", include("reviews.urls")),
    path("", include("units.urls")),
    path("", include("indicators.urls")),
    path("", include("scoring.urls")),
    path("", include("reports.urls")),
]
