"""A clerk fills a score sheet in without the network while a colleague goes on in the browser; then it is uploaded."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.urls import reverse
from playwright.sync_api import expect

from reports.models import OfflineUpload
from reviews.models import Mark, NotApplicable, Round
from tests.factories import client_for, district_round, make_user
from tests.reports.offline_desk import Desk, Sheet, groups
from units.models import Role, User

from .pages import Page
from .stage import PASSWORD, assessor_account, make_stage
from .test_browser import log_in, windows  # noqa: F401  (a fixture)
from .test_round import open_the_round, visitor


def marks() -> dict[tuple[str, str], tuple[str, str]]:
    rows = Mark.objects.select_related("subject")
    return {(row.subject.code, row.indicator): (str(row.value), row.note) for row in rows}


# ------------------------------------------------------------------------------ page by page


@pytest.mark.django_db(transaction=True)
def test_from_the_download_to_the_last_conflict():
    make_stage()
    round_ = open_the_round(visitor("office"))
    username = assessor_account("K121")  # 区委办公室
    clerk = visitor(username)
    page = clerk.get(reverse("reviews:my_marks", args=[round_.pk]))
    page = clerk.get(page.link(reverse("reports:offline", args=[round_.pk])))
    sheet = Sheet(b"".join(clerk.client.get(page.link(f"{page.address}mine/")).streaming_content))
    # In the office without the network: two leaves for everybody, one of them not applicable, a slip of the finger.
    for code in ("001", "002", "015", "016", "017"):
        sheet.put(code, "K121 得分", 2.5)
        sheet.put(code, "K121 说明", "按季度核定")
        sheet.put(code, "K122 得分", "２．７５")
        sheet.put(code, "K122 说明", "已核实")
    sheet.put("016", "K121 得分", "不适用")
    sheet.put("017", "K122 得分", 3.5)
    # Meanwhile a colleague of the same unit enters two of the same cells in the browser.
    colleague = make_user(Role.ASSESSOR, User.objects.get(username=username).role_grants.get().unit, name="李二")
    at_the_same_time(colleague, round_, "001", "K121", "1")
    at_the_same_time(colleague, round_, "002", "K121", "1.5")

    page = clerk.send(page, page.form(), file=SimpleUploadedFile("评分.xlsx", sheet.content()))
    for words in ("2 冲突", "1 有误", "7 新填"):
        assert words in page.text
    assert "3.5 超出范围，应在 0 至 3 之间。" in page.text
    assert "李二" in page.text
    assert len(marks()) == 2

    upload = OfflineUpload.objects.get()
    first, second = upload.cells.filter(group="conflict").order_by("number")
    page = decide(clerk, page, "confirm", **{f"choice-{first.pk}": "mine"})
    assert "本文件已写入 8 个单元格" in page.text
    assert "1 冲突" in page.text
    assert marks()["001", "K121"] == ("2.5", "按季度核定")
    assert marks()["002", "K121"] == ("1.5", "抢先评的")
    assert ("017", "K122") not in marks()
    assert NotApplicable.objects.get().subject.code == "016"

    # Before the second one is decided, the colleague changes it once more: it is asked about again.
    at_the_same_time(colleague, round_, "002", "K121", "1.75")
    page = decide(clerk, page, "confirm", **{f"choice-{second.pk}": "mine"})
    assert "1.75" in page.text
    assert marks()["002", "K121"][0] == "1.75"
    page = decide(clerk, page, "theirs")
    page = decide(clerk, page, "confirm")
    assert marks()["002", "K121"][0] == "1.75"
    upload.refresh_from_db()
    assert (upload.state, upload.saved, groups(upload)) == ("done", 8, {"wrong": [f"I{sheet.row('017')}"]})


def at_the_same_time(user: User, round_: Round, code: str, leaf: str, value: str) -> None:
    client = client_for(user)
    data = client.get(reverse("reviews:sheet_data", args=[round_.pk])).json()
    column = next(one["id"] for one in data["leaves"] if one["code"] == leaf)
    subject = next(one["id"] for one in data["subjects"] if one["code"] == code)
    seen = data["cells"].get(f"{subject}:{column}", {"seen": ""})["seen"]
    cell = {"assignment": column, "subject": subject, "value": value, "note": "抢先评的", "seen": seen}
    url = reverse("reviews:sheet_cell", args=[round_.pk])
    assert client.post(url, cell, content_type="application/json").status_code == 200


def decide(clerk: Any, page: Page, do: str, **choices: str) -> Page:
    form = page.form()
    return clerk.send(page, form, do=do, **choices)


# ------------------------------------------------------------------------------ through another program


@pytest.mark.libreoffice
@pytest.mark.django_db
def test_a_file_that_libreoffice_saved_is_read_the_same(tmp_path: Path):
    desk = Desk()
    desk.enter("M", "001", "8.5", "第一行\n第二行")
    desk.enter("M", "002", "4", "旧")
    desk.enter("J", "003", na=True, note="无此项")
    desk.pair("001", "100", "0.333333333333")
    sheet = desk.download()
    saved_again = through_libreoffice(sheet.content(), tmp_path / "untouched")
    upload = desk.upload(saved_again)
    assert (upload.state, groups(upload), upload.problem) == ("done", {}, "")
    assert upload.counts == {"moved": 0, "blank": 0, "left_out": 0}

    changed = sheet.put("002", "M 得分", 6)
    new = sheet.put("003", "M 得分", 7.25)
    sheet.put("003", "M 说明", "新写的")
    wrong = sheet.put("002", "N 数值", -1)
    conflict = sheet.put("001", "M 得分", 9)
    desk.enter("M", "001", "5", "别人改的")
    upload = desk.upload(through_libreoffice(sheet.content(), tmp_path / "filled"))
    assert groups(upload) == {"changed": [changed], "new": [new], "wrong": [wrong], "conflict": [conflict]}
    with TestCase.captureOnCommitCallbacks(execute=True):
        desk.client.post(desk.url("offline_upload", upload.pk), {"do": "confirm"})
    assert marks()["003", "M"] == ("7.25", "新写的")
    assert marks()["001", "M"] == ("5", "别人改的")


def through_libreoffice(content: bytes, folder: Path) -> bytes:
    """The file as LibreOffice saves it."""
    folder.mkdir()
    file = folder / "评分表.xlsx"
    file.write_bytes(content)
    office = shutil.which("soffice") or shutil.which("libreoffice")
    assert office
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [office, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    subprocess.run([*command, str(folder / "out"), str(file)], check=True, capture_output=True, timeout=180)
    return (folder / "out" / file.name).read_bytes()


# ------------------------------------------------------------------------------ in Chromium


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1440, 390])
def test_the_preview_in_a_browser(windows, width, tmp_path):  # noqa: F811
    round_ = district_round(12)
    sheet_of = round_.assignments.select_related("unit").get(indicator="K22")
    user = make_user(Role.ASSESSOR, sheet_of.unit, username="clerk")
    user.set_password(PASSWORD)
    user.save()
    screen = windows(width)
    page = screen.page
    log_in(screen, "clerk")
    screen.go(reverse("reports:offline", args=[round_.pk]))
    with page.expect_download() as loading:
        page.click("a[href$='/mine/']")
    sheet = Sheet(Path(loading.value.path()).read_bytes())
    for number in range(1, 13):
        sheet.put(f"S{number:03}", "K22 得分", 99 if number == 3 else number)
        sheet.put(f"S{number:03}", "K22 说明", "一段很长的评分说明，说明扣分的缘由、依据和核实的经过" * 3)
    at_the_same_time(make_user(Role.ASSESSOR, sheet_of.unit, name="李二"), round_, "S001", "K22", "9")
    file = tmp_path / "评分.xlsx"
    file.write_bytes(sheet.content())
    page.set_input_files("input[type=file]", file)
    screen.press("form[enctype] button")
    expect(page.locator("#part-conflict")).to_have_text(re.compile("冲突 1"), timeout=30_000)
    expect(page.locator("#part-new")).to_have_text(re.compile("新填 10"))
    screen.look()
    page.check("input[value=mine]")
    screen.press("button[value=confirm]")
    expect(page.locator(".alert-success")).to_have_text(re.compile("本文件已写入 11 个单元格"), timeout=30_000)
    screen.look()
    assert screen.complaints == []
    assert len(marks()) == 11
