"""The product's settings with nothing but what `bare_vote.py` needs."""

from appraisal_site.settings import *  # noqa: F403

ROOT_URLCONF = "bare_vote"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
