"""Settings of the whole site. Every switch is an environment variable; README.md has the table.

Nothing set: one machine, SQLite, jobs in-process, state under var/. With DATABASE_URL and
REDIS_URL: PostgreSQL, shared cache, Celery workers. PRODUCTION=true: for real use behind TLS.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from appraisal_site.lib import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

# Who runs it ----------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=False)
PRODUCTION = env.flag("PRODUCTION", default=False)
HTTPS = env.flag("HTTPS", default=PRODUCTION)
SECRET_KEY = env.secret_key("SECRET_KEY", VAR_DIR / "secret_key", create=not PRODUCTION)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])
# How many reverse proxies stand in front: their X-Forwarded-* headers are believed, no others.
PROXY_COUNT = env.integer("PROXY_COUNT", 0, low=0, high=5)

# What it is made of ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "appraisal_site",
    "units",
    "indicators",
    "reviews",
    "scoring",
    "reports",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "django_filters",
    "django_tables2",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "appraisal_site.middleware.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "units.middleware.LoginRequiredMiddleware",
    "units.middleware.MustChangePasswordMiddleware",
    "appraisal_site.middleware.NoNullCharactersMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "appraisal_site.middleware.ContentPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "appraisal_site.urls"
WSGI_APPLICATION = "appraisal_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "units.context.access",
            ],
        },
    },
]
# Widgets may have templates of ours, as the field that looks up a unit has.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False
DJANGO_TABLES2_TEMPLATE = "django_tables2/bootstrap5-responsive.html"

# Where it keeps things ------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
# A thread keeps its connection. Where SQLite's last one closes it tidies up the whole file, and all others wait.
DATABASES["default"]["CONN_MAX_AGE"] = 60
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A writer waits for another one instead of failing, and takes its lock at once, so that
        # what it read inside its transaction is still true when it writes.
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        # FULL: what was confirmed to the user survives a power cut.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000; PRAGMA temp_store=MEMORY;"
        ),
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

REDIS_URL = env.redis_url("REDIS_URL")
if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "kaoping",
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": str(VAR_DIR / "cache"),
            # Heartbeats of jobs lie here too: they must not be thrown out because somebody tries plans.
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        }
    }

# Uploads and exports are never served by address: a view checks the permission first.
MEDIA_ROOT = VAR_DIR / "media"
UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_MB", 50, low=1, high=1024) * 1024 * 1024
# Files that prove an input: largest size, most files on one mark, event or figure, and the virus scanner.
EVIDENCE_MAX_BYTES = env.integer("EVIDENCE_MAX_MB", 20, low=1, high=500) * 1024 * 1024
EVIDENCE_MAX_FILES = env.integer("EVIDENCE_MAX_FILES", 20, low=1, high=500)
EVIDENCE_SCANNER = env.text("EVIDENCE_SCANNER")
# A page of marks for 5,000 subjects posts a value, a note and a version for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 40_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024

STATIC_URL = "static/"
# On one's own machine files are served from where they lie; production runs collectstatic.
STATIC_ROOT = VAR_DIR / "static" if PRODUCTION else None
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/bootstrap", NODE_MODULES / "bootstrap" / "dist"),
    ("vendor/bootstrap-icons", NODE_MODULES / "bootstrap-icons" / "font"),
    ("vendor/tabulator", NODE_MODULES / "tabulator-tables" / "dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# Jobs -----------------------------------------------------------------------------------------

TASKS_IN_PROCESS = not REDIS_URL
TASKS_EAGER = False  # tests: a job runs at once, when its transaction commits
TASKS_QUEUE = env.text("TASKS_QUEUE", "kaoping")
CELERY_BROKER_URL = REDIS_URL or None
CELERY_TASK_DEFAULT_QUEUE = TASKS_QUEUE
CELERY_TASK_IGNORE_RESULT = True
# A job is taken off the queue only when done, so a worker that dies does not lose it. Every job
# is therefore safe to start twice.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 4 * 3600}

# E-mail ---------------------------------------------------------------------------------------

# Without a server nothing is sent by e-mail: reminders then appear in the product only, and say so.
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, low=1, high=65535)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD")
EMAIL_SECURITY = env.choice("EMAIL_SECURITY", "none", {"none", "starttls", "tls"})
EMAIL_USE_TLS = EMAIL_SECURITY == "starttls"
EMAIL_USE_SSL = EMAIL_SECURITY == "tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "kaoping@localhost")
# Within this time nobody is reminded of the same sheet twice without confirming.
REMINDER_PAUSE_HOURS = env.integer("REMINDER_PAUSE_HOURS", 24, low=1, high=24 * 14)

# Who may come in ------------------------------------------------------------------------------

AUTH_USER_MODEL = "units.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "units.sessions.AccountBackend",
]
LOGIN_URL = "units:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "units:login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_MIN_LENGTH = env.integer("PASSWORD_MIN_LENGTH", 10, low=8, high=64)
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator"},
    {
        "NAME": "units.password_rules.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
]
# Wrong passwords lock one account from one address, so nobody can lock a colleague out.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = env.integer("LOGIN_FAILURE_LIMIT", 5, low=3, high=100)
AXES_COOLOFF_TIME = timedelta(minutes=env.integer("LOGIN_LOCK_MINUTES", 15, low=1, high=1440))
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "units.lockout.locked_out"
# Trying on while locked does not prolong the lock: the time that the page names stays true.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "appraisal_site.lib.client_ip.client_ip"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Ballots without an account: wrong codes from one address, and new devices at one link from one address, within so many
# minutes. A whole building may share an address.
VOTE_WRONG_CODES = env.integer("VOTE_WRONG_CODES", 100, low=5, high=100_000)
VOTE_LINK_DEVICES = env.integer("VOTE_LINK_DEVICES", 300, low=1, high=100_000)
VOTE_LIMIT_MINUTES = env.integer("VOTE_LIMIT_MINUTES", 10, low=1, high=1440)

# What a browser is told -----------------------------------------------------------------------

SESSION_ENGINE = "units.sessions"
SESSION_COOKIE_AGE = env.integer("SESSION_HOURS", 12, low=1, high=24 * 14) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = "kaoping_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 31_536_000, low=0, high=63_072_000) * HTTPS
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Browsers' preload list is for public sites; an intranet host has no place on it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
if PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's stylesheet draws its small signs as data: images
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Language and time ----------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "Asia/Shanghai")

# Logs -----------------------------------------------------------------------------------------

# To stderr, for whatever collects it. Never a request's body: it may hold a ballot.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"not_of_votes": {"()": "appraisal_site.lib.quiet.NotOfVotes"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["not_of_votes"]}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("LOG_LEVEL", "WARNING", {"DEBUG", "INFO", "WARNING", "ERROR"}),
    },
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
