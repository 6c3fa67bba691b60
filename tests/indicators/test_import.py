"""Plan files through the browser: what is wrong by line, the preview, confirming; versions beside each other."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape

from indicators import imports, plan_file, services
from indicators.models import Plan, PlanVersion
from indicators.rendering import render
from tests.factories import client_for, make_user
from units.models import AuditEntry, Role

from .broken import BASE

pytestmark = pytest.mark.django_db

ADDRESS = "/plans/import/"
ACCOUNT_QUERIES = 4  # session, account, its grants, unread messages
IMPORT_QUERIES = ACCOUNT_QUERIES + 1
COMPARE_QUERIES = ACCOUNT_QUERIES + 1


@pytest.fixture
def office() -> Client:
    return client_for(make_user(Role.OFFICE))


def upload(client: Client, content: bytes | str, name: str = "plan.toml", **data: Any) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return client.post(ADDRESS, {"file": SimpleUploadedFile(name, raw), **data})


def confirm(client: Client, shown: Any, **changes: Any) -> Any:
    """What the browser sends when the preview is confirmed; it sends line ends as CR LF."""
    context = shown.context
    sent = {"do": "store", "base": context["base"], "text": context["checked"].text, "note": "", **changes}
    sent["text"] = sent["text"].replace("\r\n", "\n").replace("\n", "\r\n")
    return client.post(ADDRESS, sent)


def page(response: Any) -> str:
    return str(response.content.decode())


# ------------------------------------------------------------------------------ who, and how much


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICE}))
def test_only_the_office_imports(role: Role) -> None:
    client = client_for(make_user(role))
    assert client.get(ADDRESS).status_code == 403
    assert upload(client, BASE).status_code == 403
    assert client.post(ADDRESS, {"do": "store", "base": "new", "text": BASE}).status_code == 403
    assert not Plan.objects.exists()


def test_the_button_is_the_offices_only(office: Client) -> None:
    assert reverse("indicators:plan_import") in page(office.get("/plans/"))
    assert reverse("indicators:plan_import") not in page(client_for(make_user(Role.AUDITOR)).get("/plans/"))


def test_the_number_of_queries_does_not_grow(office: Client, django_assert_num_queries: Any) -> None:
    services.ensure_plan("district-2020")
    services.ensure_plan("farm-two-duties")
    for code in ("district-2020", "farm-two-duties"):
        text = services.preset_text(code).replace("decimals = 2", "decimals = 3")
        with django_assert_num_queries(IMPORT_QUERIES):
            assert upload(office, text).status_code == 200


# ------------------------------------------------------------------------------ a right file


def test_a_new_plan_is_stored_only_when_confirmed(office: Client) -> None:
    shown = upload(office, BASE)
    assert shown.status_code == 200
    assert "样本方案" in page(shown)
    assert not Plan.objects.exists()
    stored = confirm(office, shown, note="首次制定")
    version = PlanVersion.objects.get()
    assert stored.url == reverse("indicators:version_detail", args=[version.pk])
    assert (version.plan.code, version.number, version.note) == ("sample", 1, "首次制定")
    assert version.created_by is not None
    assert AuditEntry.objects.filter(action="save plan version", actor=version.created_by).count() == 1


def test_pasted_text_is_as_good_as_a_file(office: Client) -> None:
    shown = office.post(ADDRESS, {"text": BASE.replace("\n", "\r\n")})
    assert shown.status_code == 200
    confirm(office, shown)
    assert PlanVersion.objects.get().plan.code == "sample"


def test_a_changed_plan_shows_what_is_different(office: Client) -> None:
    confirm(office, upload(office, BASE))
    shown = upload(office, BASE.replace("share = 0.3", "share = 0.25"))
    assert [(c.part, c.place) for part in shown.context["differences"] for p in part.places for c in p.changes] == [
        ("rules", "rules.3")
    ]
    assert "25%" in page(shown)
    confirm(office, shown)
    assert [version.number for version in PlanVersion.objects.order_by("number")] == [1, 2]


def test_a_plan_changed_after_the_preview_is_shown_again(office: Client) -> None:
    first = upload(office, BASE)
    second = upload(office, BASE.replace("points = 5\n", "points = 6\n"))
    confirm(office, second)
    again = confirm(office, first, note="改了")
    assert again.status_code == 200
    assert "改了" in page(again)
    assert PlanVersion.objects.count() == 1
    confirm(office, again)
    assert PlanVersion.objects.count() == 2


def test_warnings_name_their_line_and_do_not_hinder(office: Client) -> None:
    text = BASE.replace(
        '[[rules]]\nrule = "exclude"',
        '[[rules]]\nrule = "limit"\ngrade = "优秀"\nshare = 0.5\n\n[[rules]]\nrule = "exclude"',
    )
    shown = upload(office, text)
    (warning,) = shown.context["checked"].warnings
    assert text.splitlines()[warning.line - 1] == "[[rules]]"
    assert "没有效果" in page(shown) or "不起作用" in page(shown)
    assert confirm(office, shown).status_code == 302


@pytest.mark.parametrize("code", services.preset_codes())
def test_what_is_downloaded_says_the_same_when_uploaded(office: Client, code: str) -> None:
    version = services.ensure_plan(code)
    for stored in (version, PlanVersion(plan=Plan(code=code), document=version.document)):
        file = services.export_text(stored)
        shown = upload(office, file)
        assert shown.context["is_stored"]
        assert shown.context["differences"] == []
        confirm(office, shown)
    assert PlanVersion.objects.count() == 1
    downloaded = office.get(reverse("indicators:version_file", args=[version.pk])).content
    assert upload(office, downloaded).context["is_stored"]


# ------------------------------------------------------------------------------ a wrong file


def test_every_error_with_its_line_and_the_text_to_correct(office: Client) -> None:
    text = BASE.replace("points = 60", "points = 50").replace('"leaders"', '"bosses"')
    shown = upload(office, text)
    assert shown.status_code == 422
    points, error = shown.context["checked"].errors
    assert points.path == "indicators.R.points"  # a value that cannot be read does not hide the sum
    assert text.splitlines()[error.line - 1].strip() == error.source
    assert escape('voters = "bosses"') in page(shown)
    assert shown.context["form"]["text"].value() == text
    assert not Plan.objects.exists()
    corrected = office.post(ADDRESS, {"text": text.replace('"bosses"', '"leaders"')})
    assert [problem.path for problem in corrected.context["checked"].errors] == ["indicators.R.points"]


def test_confirming_a_broken_text_stores_nothing(office: Client) -> None:
    response = office.post(ADDRESS, {"do": "store", "base": "new", "text": BASE.replace("points = 60", "points = 1")})
    assert response.status_code == 422
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "请选择方案文件"),
        (b"  \n\n", "请选择方案文件"),
        (b"PK\x03\x04rest of a workbook", "不是方案文件"),
        (b"\x00\x01\x02\xff\xfe", "不是"),
        ("标题 = 一".encode("utf-16-le"), "不是"),
        (b"#" * (imports.MAX_BYTES + 1), "文件过大"),
    ],
)
def test_what_is_no_plan_file_at_all(office: Client, content: bytes, says: str) -> None:
    shown = upload(office, content)
    assert shown.status_code == 422
    assert says in page(shown)


def test_a_text_that_is_too_long_stays_on_the_page(office: Client) -> None:
    text = BASE + "#" * imports.MAX_BYTES
    shown = office.post(ADDRESS, {"text": text})
    assert shown.status_code == 422
    assert "文件过大" in page(shown)
    assert shown.context["form"]["text"].value() == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_other_encodings_are_read_and_named(office: Client, encoding: str) -> None:
    shown = upload(office, BASE.encode(encoding))
    assert shown.status_code == 200
    assert shown.context["checked"].plan.title == "样本方案"
    named = {"utf-8-sig": "", "gbk": "GB18030"}.get(encoding, encoding.upper())
    assert shown.context["encoding"] == named
    assert (named in page(shown)) or not named
    broken = upload(office, BASE.replace("points = 60", "points = 1").encode(encoding))
    assert (broken.status_code, broken.context["encoding"]) == (422, named)


def test_windows_line_ends_and_odd_line_breaks_keep_the_line_numbers(office: Client) -> None:
    text = ("# 说明\u2028第二句\x85第三句\n" + BASE.replace("share = 0.3", "share = 3")).replace("\n", "\r\n")
    (error,) = upload(office, text).context["checked"].errors
    assert error.source == "share = 3"


# ------------------------------------------------------------------------------ versions beside each other


def two_versions() -> tuple[PlanVersion, PlanVersion]:
    first, _new = services.import_plan(document=plan_file.load(BASE), by=None)
    changed = BASE.replace("points = 60", "points = 50").replace("points = 40", "points = 50")
    second, _new = services.import_plan(document=plan_file.load(changed), by=None)
    return first, second


def test_the_page_of_two_versions(django_assert_num_queries: Any) -> None:
    first, second = two_versions()
    client = client_for(make_user(Role.SUBJECT))
    with django_assert_num_queries(COMPARE_QUERIES):
        shown = client.get(f"/plans/versions/{first.pk}/compare/{second.pk}/")
    changes = [c for part in shown.context["differences"] for place in part.places for c in place.changes]
    assert [(c.place, render(c.old), render(c.new)) for c in changes] == [("A", "60", "50"), ("T", "40", "50")]
    back = client.get(f"/plans/versions/{second.pk}/compare/{first.pk}/")
    changes = [c for part in back.context["differences"] for place in part.places for c in place.changes]
    assert [(c.place, render(c.old), render(c.new)) for c in changes] == [("A", "50", "60"), ("T", "50", "40")]
    with translation.override("zh-hans"):
        assert "没有差异" in page(client.get(f"/plans/versions/{first.pk}/compare/{first.pk}/"))


def test_the_choice_of_versions_leads_to_their_page() -> None:
    first, second = two_versions()
    client = client_for(make_user(Role.LEADER))
    detail = page(client.get("/plans/sample/"))
    assert detail.count('type="radio"') == 4
    assert detail.count("checked") == 2
    chosen = client.get("/plans/sample/compare/", {"old": first.pk, "new": second.pk})
    assert chosen.url == reverse("indicators:version_compare", args=[first.pk, second.pk])
    for wrong in ({}, {"old": first.pk, "new": first.pk}, {"old": "x", "new": "²"}, {"old": "9" * 30, "new": "1"}):
        refused = client.get("/plans/sample/compare/", wrong, follow=True)
        assert refused.redirect_chain[-1][0] == "/plans/sample/"
        assert "请选择两个不同的版本" in page(refused)


def test_a_version_alone_offers_no_comparison_and_an_unknown_one_is_not_found() -> None:
    version = services.ensure_plan("district-2020")
    client = client_for(make_user(Role.LEADER))
    assert 'type="radio"' not in page(client.get("/plans/district-2020/"))
    assert client.get(f"/plans/versions/{version.pk}/compare/{version.pk + 1}/").status_code == 404
