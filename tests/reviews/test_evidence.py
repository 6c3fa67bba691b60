"""Evidence: what is taken and refused, who reads which file, how it is served, what stays after a withdrawal."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from appraisal_site.lib import scanning
from reviews.models import Event, Evidence, Phase, ReportSetting, Round, SelfReport, SelfReportSubmission
from reviews.queries import evidence as queries
from reviews.queries.evidence import cell_counts, event_counts, find_place, sheet_counts
from reviews.services import errors
from reviews.services.evidence import FileRefused, add_evidence, clean_name, withdraw_evidence
from reviews.services.rounds import change_phase
from reviews.services.subjects import withdraw_subject
from scoring.services import run_scoring
from tests.factories import assessor_of, client_for, district_round, make_user
from units.models import AuditEntry, Role

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
HTML = b"<!doctype html><script>alert(1)</script>"


def archive(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name in names:
            # A date of its own: the bytes stand in the names of tests, which parallel processes compare.
            made.writestr(zipfile.ZipInfo(name), "x")
    return held.getvalue()


def ole(*streams: str) -> bytes:
    return OLE + b"".join(name.encode("utf-16-le") + bytes(64) for name in streams)


DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")


class Desk:
    """One round with the sheet K22 and its assessor; the first subject has an account."""

    def __init__(self) -> None:
        self.round = district_round(2)
        self.sheet = self.round.assignments.select_related("unit").get(indicator="K22")
        self.other_sheet = self.round.assignments.get(indicator="K21")
        self.assessor = assessor_of(self.round, "K22")
        self.subject, self.neighbour = self.round.subjects.order_by("order")
        self.unit = make_user(Role.SUBJECT, self.subject.unit)
        self.office = make_user(Role.OFFICE)

    @property
    def key(self) -> str:
        return f"mark.{self.subject.pk}.{self.sheet.pk}"

    def place(self, key: str = "") -> queries.Place:
        found = find_place(Round.objects.select_related("plan_version").get(pk=self.round.pk), key or self.key)
        assert found is not None
        return found

    def add(self, content: bytes = PDF, name: str = "证明.pdf", *, by: Any = None, key: str = "", title: str = ""):
        file = SimpleUploadedFile(name, content)
        return add_evidence(place=self.place(key), file=file, by=by or self.assessor, title=title)

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"reviews:{name}", args=[self.round.pk, *args])

    def announce(self) -> None:
        Round.objects.filter(pk=self.round.pk).update(phase=Phase.ANNOUNCED)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def number_desk() -> tuple[Any, Any, Any]:
    """A round with a figure that the office enters: the round, its subject, the sheet."""
    round_ = district_round(1, plan="yinhai-2016", name="2016")
    return round_, round_.subjects.get(), round_.assignments.filter(indicator="G11").first()


def stored_files(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


# ---------------------------------------------------------------- what is taken


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.PDF", PDF, "application/pdf"),
        ("a.jpeg", JPEG, "image/jpeg"),
        ("a.png", PNG, "image/png"),
        ("a.webp", WEBP, "image/webp"),
        ("a.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.xlsx", XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (
            "a.pptx",
            archive("ppt/presentation.xml"),
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        ("a.ofd", archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        ("a.doc", ole("WordDocument"), "application/msword"),
        ("a.wps", ole("WordDocument"), "application/vnd.ms-works"),
        ("a.xls", ole("Workbook"), "application/vnd.ms-excel"),
        ("a.et", ole("Workbook"), "application/octet-stream"),
        ("a.ppt", ole("PowerPoint Document"), "application/vnd.ms-powerpoint"),
        # A report with a table in it holds both streams, and is what its name says.
        ("a.doc", ole("WordDocument", "Workbook"), "application/msword"),
        ("a.txt", "会议纪要\r\n一、".encode(), "text/plain"),
        ("a.txt", "会议纪要".encode("gbk"), "text/plain"),
    ],
)
def test_a_file_whose_content_is_what_its_name_says_is_kept(desk, name, content, media_type):
    row = desk.add(content, name)
    assert (row.media_type, row.name, row.size) == (media_type, name, len(content))
    with row.file.open("rb") as kept:
        assert kept.read() == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.pdf", HTML),
        ("page.png", HTML),
        ("late.pdf", b"<html>" + PDF),  # a signature further down is none
        ("picture.pdf", PNG),
        ("picture.jpg", PNG),
        ("letter.xlsx", DOCX),
        ("letter.docx", archive("anything.txt")),
        ("both.docx", archive("word/document.xml", "xl/workbook.xml")),
        ("macro.docx", archive("word/document.xml", "word/vbaProject.bin")),
        ("macro.doc", ole("WordDocument", "_VBA_PROJECT")),
        ("locked.docx", ole("EncryptedPackage")),
        ("table.doc", ole("Workbook")),
        ("nothing.doc", OLE),
        ("cut.docx", DOCX[:40]),
        ("program.txt", b"MZ\x90\x00" + bytes(60)),
        ("script.txt", b"#!/bin/sh\nrm -rf /\n"),
        ("binary.txt", bytes(range(256))),
        ("broken.txt", b"\xff\xfe\x00\xd8\x00\xd8"),
        ("photo.jpg.html", HTML),
        ("report.pdf.exe", PDF),
        ("report.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("files.zip", archive("a.txt")),
        ("noextension", PDF),
        ("empty.pdf", b""),
        # The turned reading direction shows “reportfdp.exe” as “reportexe.pdf”.
        ("report\u202efdp.exe", PDF),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_by_name_and_leaves_nothing(desk, settings, name, content):
    with pytest.raises(FileRefused) as caught:
        desk.add(content, name)
    assert clean_name(name) in str(caught.value)
    assert not Evidence.objects.exists()
    assert stored_files(settings) == []


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\a\\证明.pdf", "证明.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie_ x.pdf"),
        ('"><img>.pdf', "___img_.pdf"),
        ("invoice\u202egpj.pdf", "invoicegpj.pdf"),
        ("\u200b .pdf", "file.pdf"),
        ("...pdf", "file.pdf"),
        ("长" * 300 + ".pdf", "长" * 120 + ".pdf"),
    ],
)
def test_a_name_is_one_part_of_a_path_without_hidden_signs(sent, shown):
    with translation.override("en"):
        assert clean_name(sent) == shown


def test_where_a_file_is_kept_says_nothing_of_its_name(desk, settings):
    row = desk.add(name="../../报告.pdf")
    [kept] = stored_files(settings)
    assert kept.parent == Path(settings.MEDIA_ROOT) / "evidence" / str(desk.round.pk)
    assert len(kept.name) == 32
    assert "." not in kept.name
    assert row.name == "报告.pdf"


def test_too_large_and_too_many_are_refused(desk, settings):
    settings.EVIDENCE_MAX_BYTES = len(PDF)
    settings.EVIDENCE_MAX_FILES = 2
    desk.add(PDF)
    with pytest.raises(FileRefused):
        desk.add(PDF + b"%")
    desk.add(JPEG[:30], "a.jpg")
    with pytest.raises(FileRefused):
        desk.add(PNG[:30], "a.png")
    assert Evidence.objects.count() == len(stored_files(settings)) == 2


def test_the_same_file_is_not_kept_twice_in_one_place(desk):
    desk.add()
    with pytest.raises(FileRefused):
        desk.add(name="同一文件.pdf")
    elsewhere = f"mark.{desk.neighbour.pk}.{desk.sheet.pk}"
    assert desk.add(key=elsewhere).subject == desk.neighbour


# ---------------------------------------------------------------- the scanner


def refuse_all(path: Path) -> str:
    assert path.read_bytes() == PDF
    return "特征码 EICAR"


def fails(path: Path) -> str:
    raise OSError("no scanner here")


def test_the_scanner_has_the_last_word_before_a_file_is_kept(desk, settings):
    settings.EVIDENCE_SCANNER = f"{__name__}:refuse_all"
    with pytest.raises(FileRefused) as caught:
        desk.add()
    assert "特征码 EICAR" in str(caught.value)
    assert stored_files(settings) == []


@pytest.mark.parametrize("scanner", [f"{__name__}:fails", "no.such.module:scan", "/no/such/scanner", "false-not-there"])
def test_a_scanner_that_cannot_look_refuses(desk, settings, scanner):
    settings.EVIDENCE_SCANNER = scanner
    with pytest.raises(FileRefused):
        desk.add()


def test_a_command_is_asked_by_its_exit_status(tmp_path):
    asked = tmp_path / "a file.pdf"
    asked.write_bytes(PDF)
    script = tmp_path / "scan.sh"
    script.write_text(f'#!/bin/sh\n[ "$1" = --quiet ] && [ "$2" = "{asked}" ] || exit 2\nexit ${{SAYS:-0}}\n')
    script.chmod(0o700)
    assert scanning.refusal(asked, f"{script} --quiet") == ""
    infected = scanning.refusal(asked, f"/usr/bin/env SAYS=1 {script} --quiet")
    failed = scanning.refusal(asked, f"/usr/bin/env SAYS=2 {script} --quiet")
    assert infected
    assert failed
    assert infected != failed


# ---------------------------------------------------------------- who may add, and until when


@pytest.mark.parametrize("role", list(Role))
def test_nobody_else_adds_to_a_mark(desk, role):
    with pytest.raises(errors.NotAllowed):
        desk.add(by=make_user(role))
    assert not Evidence.objects.exists()


def test_adding_ends_with_the_round_and_with_the_sheets_deadline(desk):
    Round.objects.filter(pk=desk.round.pk).update(freeze_at_deadline=True, deadline="2020-01-01")
    with pytest.raises(errors.RoundClosed):
        desk.add()
    Round.objects.filter(pk=desk.round.pk).update(freeze_at_deadline=False)
    row = desk.add()
    change_phase(round=desk.round, to=Phase.REVIEWING, by=desk.office)
    with pytest.raises(errors.RoundClosed):
        desk.add(PNG, "a.png")
    with pytest.raises(errors.RoundClosed):
        withdraw_evidence(evidence=row, reason="x", by=desk.office)


def test_a_file_is_no_input_but_in_the_log(desk):
    desk.round.refresh_from_db()
    before = desk.round.input_version
    row = desk.add(title="会议签到表")
    desk.round.refresh_from_db()
    assert desk.round.input_version == before
    entry = AuditEntry.objects.get(target="reviews.evidence", target_id=str(row.pk))
    assert entry.actor == desk.assessor
    assert entry.round_id == desk.round.pk
    assert entry.changes["file"] == [None, row.sha256]
    assert desk.subject.name in entry.label


@pytest.mark.parametrize(
    "key",
    [
        "mark.{s}.0",
        "mark.0.{a}",
        "mark.{s}",
        "mark.{s}.{a}.1",
        "mark.-1.{a}",
        "mark.{s}.99999999999999999999999",
        "event.0",
        "event.{s}.1",
        "attainment.{s}.K22",
        "attainment.{s}.NONE",
        "self_report.{s}.K2",
        "else.{s}.{a}",
        "",
    ],
)
def test_a_place_that_the_round_does_not_have_is_none(desk, key):
    assert find_place(desk.round, key.format(s=desk.subject.pk, a=desk.sheet.pk)) is None


def test_a_place_of_another_round_is_none_here(desk):
    other = district_round(1, name="2021")
    assert find_place(other, desk.key) is None
    assert find_place(other, f"mark.{other.subjects.get().pk}.{desk.sheet.pk}") is None


def test_a_place_is_found_by_its_own_key(desk, number_desk):
    event = Event.objects.create(subject=desk.subject, indicator="B", item="B-3", matter="疫情防控")
    keys = [desk.key, f"event.{event.pk}", f"self_report.{desk.subject.pk}.", f"self_report.{desk.subject.pk}.K22"]
    assert [desk.place(key).key for key in keys] == keys
    round_, subject, _sheet = number_desk
    place = find_place(round_, f"attainment.{subject.pk}.G11")
    assert place is not None
    assert place.key == f"attainment.{subject.pk}.G11"


# ---------------------------------------------------------------- events, figures, self-assessments


def test_files_of_an_application_are_the_applicants_until_it_is_decided(desk):
    event = Event.objects.create(
        subject=desk.subject, indicator="B", item="B-3", matter="获奖", proposed_as="subject", created_by=desk.unit
    )
    key = f"event.{event.pk}"
    row = desk.add(by=desk.unit, key=key)
    assert row.from_subject
    office_file = desk.add(PNG, "a.png", by=desk.office, key=key)
    assert not office_file.from_subject
    # It sees its own until the result is announced.
    assert list(queries.visible_files(desk.unit, desk.place(key))) == [row]
    with pytest.raises(errors.NotAllowed):
        withdraw_evidence(evidence=office_file, reason="x", by=desk.unit)
    event.status = "approved"
    event.save()
    with pytest.raises(errors.NotAllowed):
        desk.add(JPEG, "a.jpg", by=desk.unit, key=key)
    with pytest.raises(errors.NotAllowed):
        withdraw_evidence(evidence=row, reason="x", by=desk.unit)
    assert event_counts([event.pk]) == {event.pk: 2}


def test_a_moved_event_takes_its_files_along(desk):
    event = Event.objects.create(subject=desk.subject, indicator="B", item="B-3", matter="获奖")
    row = desk.add(by=desk.office, key=f"event.{event.pk}")
    event.subject = desk.neighbour
    event.save()
    assert queries.files_of_figures(desk.neighbour, ["B"]) == [row]
    assert queries.files_of_figures(desk.subject, ["B"]) == []


def test_a_figure_takes_files_from_the_unit_and_from_who_enters_it(number_desk):
    round_, subject, sheet = number_desk
    unit, office = make_user(Role.SUBJECT, subject.unit), make_user(Role.OFFICE)
    place = find_place(round_, f"attainment.{subject.pk}.G11")
    assert place is not None
    reported = add_evidence(place=place, file=ContentFile(PDF, name="a.pdf"), by=unit)
    entered = add_evidence(place=place, file=ContentFile(PNG, name="a.png"), by=office)
    assert (reported.from_subject, entered.from_subject) == (True, False)
    assert sheet_counts(sheet, [subject.pk]) == {subject.pk: 2}
    assert list(queries.visible_files(unit, place)) == [reported]
    assert list(queries.visible_files(office, place)) == [reported, entered]
    with pytest.raises(errors.NotAllowed):
        add_evidence(place=place, file=ContentFile(JPEG, name="a.jpg"), by=make_user(Role.SUBJECT))


def test_files_of_a_self_assessment_are_read_by_others_once_it_is_handed_in(number_desk):
    round_, subject, _sheet = number_desk
    ReportSetting.objects.create(round=round_, asks_self_report=True, self_report_due="2099-12-31")
    unit, office, leader = make_user(Role.SUBJECT, subject.unit), make_user(Role.OFFICE), make_user(Role.LEADER)
    place = find_place(round_, f"self_report.{subject.pk}.G11")
    assert place is not None
    row = add_evidence(place=place, file=ContentFile(PDF, name="a.pdf"), by=unit)
    counts = [queries.self_report_counts(user, round_, subject)["G11"] for user in (unit, leader)]
    assert counts == [1, 0]
    assert [list(queries.visible_files(user, place)) for user in (unit, leader)] == [[row], []]
    assert client_for(leader).get(reverse("reviews:evidence_file", args=[round_.pk, row.pk])).status_code == 404
    report = SelfReport.objects.create(subject=subject, state="submitted")
    SelfReportSubmission.objects.create(report=report, number=1, text="x", submitted_by=unit)
    assert list(queries.visible_files(leader, place)) == [row]
    with pytest.raises(errors.RoundClosed):
        add_evidence(place=place, file=ContentFile(PNG, name="a.png"), by=unit)
    with pytest.raises(errors.RoundClosed):
        withdraw_evidence(evidence=row, reason="x", by=unit)
    # Sent back for revision: what is added now is a draft again.
    SelfReport.objects.filter(pk=report.pk).update(state="returned")
    add_evidence(place=place, file=ContentFile(PNG, name="a.png"), by=unit)
    assert list(queries.visible_files(office, place)) == [row]
    with pytest.raises(errors.NotAllowed):
        add_evidence(place=place, file=ContentFile(JPEG, name="a.jpg"), by=office)


# ---------------------------------------------------------------- withdrawing


def test_withdrawn_is_gone_from_view_but_kept(desk, settings):
    row = desk.add()
    assessor, auditor = client_for(desk.assessor), client_for(make_user(Role.AUDITOR))
    address = desk.url("evidence_file", row.pk)
    response = assessor.post(desk.url("evidence_withdraw", row.pk), {"reason": "上传错误"})
    assert response.status_code == 302
    row.refresh_from_db()
    assert (row.withdrawn_by, row.withdrawn_reason) == (desk.assessor, "上传错误")
    assert len(stored_files(settings)) == 1
    assert cell_counts(desk.round, [desk.sheet]) == {}
    assert assessor.get(address).status_code == 404
    assert client_for(make_user(Role.LEADER)).get(address).status_code == 404
    assert auditor.get(address).status_code == 200
    listed = auditor.get(desk.url("evidence_list"), {"state": "withdrawn"}).content.decode()
    assert "上传错误" in listed
    entry = AuditEntry.objects.get(action="withdraw file")
    assert (entry.reason, entry.actor) == ("上传错误", desk.assessor)
    # The place is free for the same file again.
    assert desk.add().pk != row.pk


def test_withdrawing_needs_a_reason_and_happens_once(desk):
    row = desk.add()
    for reason in ("", "  "):
        with pytest.raises(errors.InvalidInput) as caught:
            withdraw_evidence(evidence=row, reason=reason, by=desk.assessor)
        assert caught.value.field == "reason"
    withdraw_evidence(evidence=row, reason="x", by=desk.office)
    with pytest.raises(errors.InvalidInput):
        withdraw_evidence(evidence=row, reason="y", by=desk.office)
    row.refresh_from_db()
    assert row.withdrawn_reason == "x"


def test_a_withdrawn_subject_leaves_its_files_to_the_office(desk):
    row = desk.add()
    withdraw_subject(subject=desk.subject, by=desk.office, reason="撤并", confirmed=True)
    row.refresh_from_db()
    assert row.subject is None
    assert desk.subject.name in row.about
    address = desk.url("evidence_file", row.pk)
    assert client_for(desk.office).get(address).status_code == 200
    assert client_for(desk.assessor).get(address).status_code == 404
    assert row.about in client_for(desk.office).get(desk.url("evidence_list")).content.decode()


# ---------------------------------------------------------------- serving


def test_a_picture_is_shown_locked_in_and_a_document_is_handed_over(desk):
    client = client_for(desk.assessor)
    picture = client.get(desk.url("evidence_file", desk.add(PNG, "现场 照片.png").pk))
    assert picture["Content-Type"] == "image/png"
    assert picture["Content-Disposition"].startswith("inline")
    assert picture["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in picture["Content-Security-Policy"]
    assert "no-cache" in picture["Cache-Control"]
    assert b"".join(picture.streaming_content) == PNG
    document = client.get(desk.url("evidence_file", desk.add(DOCX, "报告.docx").pk))
    assert document["Content-Disposition"].startswith("attachment")
    assert "filename*=utf-8''%E6%8A%A5%E5%91%8A.docx" in document["Content-Disposition"]
    text = client.get(desk.url("evidence_file", desk.add(HTML, "page.txt").pk))
    assert text["Content-Type"].startswith("text/plain")
    assert text["Content-Disposition"].startswith("attachment")
    assert "sandbox" in text["Content-Security-Policy"]


def test_a_pdf_is_shown_and_may_load_and_run_nothing(desk):
    client, row = client_for(desk.assessor), desk.add()
    shown = client.get(desk.url("evidence_file", row.pk))
    assert shown["Content-Type"] == "application/pdf"
    assert shown["Content-Disposition"].startswith("inline")
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    saved = client.get(desk.url("evidence_file", row.pk), {"download": "1"})
    assert saved["Content-Disposition"].startswith("attachment")
    again = client.get(desk.url("evidence_file", row.pk), headers={"If-None-Match": shown["ETag"]})
    assert again.status_code == 304


def test_a_file_that_is_lost_is_not_found(desk):
    row = desk.add()
    row.file.storage.delete(row.file.name)
    assert client_for(desk.assessor).get(desk.url("evidence_file", row.pk)).status_code == 404


def access_matrix(desk: Desk) -> dict[str, Any]:
    return {
        "office": desk.office,
        "auditor": make_user(Role.AUDITOR),
        "leader": make_user(Role.LEADER),
        "assessor": desk.assessor,
        "assessor of another leaf": assessor_of(desk.round, "K21"),
        "assessor of nothing": make_user(Role.ASSESSOR),
        "subject": desk.unit,
        "another subject": make_user(Role.SUBJECT, desk.neighbour.unit),
        "admin": make_user(Role.ADMIN),
    }


@pytest.mark.parametrize("announced", [False, True])
def test_who_reads_a_marks_file(desk, announced):
    row, accounts = desk.add(), access_matrix(desk)
    if announced:
        desk.announce()
    readers = {"office", "auditor", "leader", "assessor"} | ({"subject"} if announced else set())
    for address in (desk.url("evidence_file", row.pk), desk.url("evidence", desk.key)):
        answers = {name: client_for(user).get(address).status_code for name, user in accounts.items()}
        assert answers == {name: 200 if name in readers else 404 for name in accounts}


def test_a_file_of_another_round_is_not_found_here(desk):
    other = district_round(1, name="2021")
    address = reverse("reviews:evidence_file", args=[other.pk, desk.add().pk])
    assert client_for(desk.office).get(address).status_code == 404


def test_the_announced_subject_sees_no_names_of_accounts(desk):
    desk.assessor.name = "赵某考评"
    desk.assessor.save()
    desk.add()
    desk.announce()
    page = client_for(desk.unit).get(desk.url("evidence", desk.key)).content.decode()
    assert "证明.pdf" in page
    assert "赵某考评" not in page
    assert "赵某考评" in client_for(desk.office).get(desk.url("evidence", desk.key)).content.decode()


def test_the_page_of_a_figure_links_the_file(desk):
    row = desk.add()
    run_scoring(round=desk.round)
    address = reverse("scoring:figure", args=[desk.round.pk, desk.subject.pk, "K22"])
    assert desk.url("evidence_file", row.pk) in client_for(desk.office).get(address).content.decode()
    neighbour = reverse("scoring:figure", args=[desk.round.pk, desk.neighbour.pk, "K22"])
    assert desk.url("evidence_file", row.pk) not in client_for(desk.office).get(neighbour).content.decode()


# ---------------------------------------------------------------- pages


def upload(*files: tuple[str, bytes]) -> dict[str, Any]:
    return {"file": [SimpleUploadedFile(name, content) for name, content in files], "title": ""}


def test_a_form_without_scripts_keeps_the_right_files_and_names_the_wrong_one(desk):
    client = client_for(desk.assessor)
    response = client.post(desk.url("evidence", desk.key), upload(("好.pdf", PDF), ("坏.pdf", HTML)))
    page = response.content.decode()
    assert response.status_code == 422
    assert "“坏.pdf”" in page
    assert [row.name for row in Evidence.objects.all()] == ["好.pdf"]
    assert client.post(desk.url("evidence", desk.key), upload(("图.png", PNG))).status_code == 302
    assert client.post(desk.url("evidence", desk.key), {"title": "x"}).status_code == 422
    assert Evidence.objects.count() == 2


def test_a_script_is_answered_file_by_file(desk):
    client = client_for(desk.assessor)
    headers = {"Accept": "application/json"}
    good = client.post(desk.url("evidence", desk.key), upload(("好.pdf", PDF)), headers=headers)
    assert (good.status_code, good.json()) == (200, {"stored": ["好.pdf"], "refused": []})
    bad = client.post(desk.url("evidence", desk.key), upload(("坏.png", PDF)), headers=headers)
    assert bad.status_code == 422
    [refused] = bad.json()["refused"]
    assert refused["name"] == "坏.png"
    assert "PDF" in refused["reason"]


def test_who_may_read_but_not_add_is_refused_and_offered_nothing(desk):
    client = client_for(desk.office)
    page = client.get(desk.url("evidence", desk.key)).content.decode()
    assert "data-files-form" not in page
    assert client.post(desk.url("evidence", desk.key), upload(("a.pdf", PDF))).status_code == 403
    assert client_for(desk.unit).post(desk.url("evidence", desk.key), upload(("a.pdf", PDF))).status_code == 404


def test_names_and_titles_are_text_on_the_page(desk):
    desk.add(name="<b>x.pdf", title="<script>alert(1)</script>")
    page = client_for(desk.assessor).get(desk.url("evidence", desk.key)).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_fragment_withdraws_in_place(desk):
    row, client = desk.add(), client_for(desk.assessor)
    headers = {"HX-Request": "true"}
    refused = client.post(desk.url("evidence_withdraw", row.pk) + "?dialog=1", {"reason": " "}, headers=headers)
    assert refused.status_code == 200
    assert 'data-count="1"' in refused.content.decode()
    done = client.post(desk.url("evidence_withdraw", row.pk) + "?dialog=1", {"reason": "x"}, headers=headers)
    assert 'data-count="0"' in done.content.decode()
    assert "data-files-close" in done.content.decode()


def test_closed_says_why_instead_of_a_form(desk):
    change_phase(round=desk.round, to=Phase.REVIEWING, by=desk.office)
    page = client_for(desk.assessor).get(desk.url("evidence", desk.key)).content.decode()
    assert "data-files-form" not in page
    assert str(errors.RoundClosed()) in page


def test_sheets_show_the_number_and_open_the_files(desk):
    desk.add()
    desk.add(PNG, "a.png")
    page = client_for(desk.assessor).get(desk.url("mark_sheet", desk.sheet.pk)).content.decode()
    assert f'data-files-open="{desk.key}"' in page
    assert "<span data-count>2</span>" in page


def test_the_grid_gets_counts_of_its_own_sheets_only(desk):
    desk.add()
    answer = client_for(desk.assessor).get(desk.url("evidence_counts")).json()
    assert answer["cells"] == {f"{desk.subject.pk}:{desk.sheet.pk}": 1}
    assert answer["urls"][str(desk.sheet.pk)] == desk.url("evidence", f"mark.0.{desk.sheet.pk}")
    mine = desk.round.assignments.filter(unit=desk.sheet.unit).values_list("pk", flat=True)
    assert set(answer["urls"]) == {str(pk) for pk in mine}
    stranger = client_for(make_user(Role.ASSESSOR)).get(desk.url("evidence_counts")).json()
    assert stranger == {"cells": {}, "urls": {}}


@pytest.mark.parametrize("page", ["evidence", "evidence_list", "evidence_counts"])
def test_queries_do_not_grow_with_files(desk, page):
    address = desk.url(page, desk.key) if page == "evidence" else desk.url(page)
    client = client_for(desk.office)

    def number() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    desk.add()
    number()
    few = number()
    for extra in range(5):
        desk.add(PDF + bytes([65 + extra]), f"{extra}.pdf")
    assert number() == few


def test_the_list_is_filtered_by_words_kind_and_state(desk):
    desk.add(title="签到表")
    client = client_for(desk.office)
    for query, shown in (
        ({"q": "签到"}, True),
        ({"q": "K22 证明"}, True),
        ({"q": "没有"}, False),
        ({"kind": "event"}, False),
        ({"state": "withdrawn"}, False),
        ({"state": "here", "kind": "mark"}, True),
    ):
        assert ("签到表" in client.get(desk.url("evidence_list"), query).content.decode()) is shown, query


# ---------------------------------------------------------------- at the same time


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_no_more_than_the_limit_are_kept(settings):
    desk = Desk()
    settings.EVIDENCE_MAX_FILES = 3
    place, start, outcomes = desk.place(), Barrier(6), []

    def send(number: int) -> None:
        start.wait()
        try:
            add_evidence(place=place, file=ContentFile(PDF + bytes([65 + number]), name="a.pdf"), by=desk.assessor)
            outcomes.append("kept")
        except FileRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept"] * 3 + ["refused"] * 3
    assert Evidence.objects.count() == len(stored_files(settings)) == 3
