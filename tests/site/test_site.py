"""What holds for every address: health, language, headers, the caller's address."""

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.db import DatabaseError, connection
from django.test import RequestFactory

from appraisal_site.lib.client_ip import client_ip


@pytest.mark.django_db
def test_health_answers_with_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "reachable"}
    assert "no-store" in response["Cache-Control"]
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_health_says_so_if_the_database_does_not_answer(client):
    def refuse(execute, sql, params, many, context):
        raise DatabaseError("gone")

    with connection.execute_wrapper(refuse):
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "expected"), [(None, "zh-hans"), ("en", "en"), ("zh-hans", "zh-hans"), ("xx-nonsense", "zh-hans")]
)
def test_chinese_unless_the_user_chose_otherwise_whatever_the_browser_prefers(client, cookie, expected):
    if cookie:
        client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = cookie
    response = client.get("/healthz", headers={"accept-language": "en-US,en;q=0.9"})
    assert response["Content-Language"] == expected


@pytest.mark.django_db
def test_the_language_switch_is_remembered_and_leads_back(client):
    response = client.post("/language/", {"language": "en", "next": "/healthz"})
    assert response.status_code == 302
    assert response["Location"] == "/healthz"
    assert client.get("/healthz")["Content-Language"] == "en"


@pytest.mark.django_db
def test_headers_forbid_foreign_content_frames_and_inline_code(client):
    response = client.get("/healthz")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, "6.6.6.6, 7.7.7.7", "7.7.7.7"),
        (2, "6.6.6.6, 7.7.7.7, 10.0.0.9", "7.7.7.7"),
        (2, "7.7.7.7", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(settings, proxies, forwarded, expected):
    settings.PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_ip(request) == expected


@pytest.mark.parametrize(
    "asset",
    [
        "vendor/bootstrap/css/bootstrap.min.css",
        "vendor/bootstrap/js/bootstrap.bundle.min.js",
        "vendor/bootstrap-icons/bootstrap-icons.min.css",
        "vendor/tabulator/js/tabulator.min.js",
        "vendor/tabulator/css/tabulator_simple.min.css",
        "django_htmx/htmx-2.min.js",
    ],
)
def test_front_end_assets_are_served_from_the_packages(asset):
    assert finders.find(asset), asset


@pytest.mark.django_db
def test_a_sqlite_database_keeps_what_it_confirmed():
    if connection.vendor != "sqlite":
        pytest.skip("this run is not on SQLite")
    with connection.cursor() as cursor:
        modes = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]
