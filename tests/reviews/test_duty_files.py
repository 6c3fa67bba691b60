"""Word files of duty reports: good ones find their sections, bad ones get a clear word and cost nothing."""

from __future__ import annotations

import contextlib
import io
import zipfile
from typing import Any

import docx
import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from indicators import plan_file, services
from reviews.duty import word_read
from reviews.duty.layout import Layout, layout_of
from reviews.duty.placing import place
from reviews.duty.word_read import Line, WordRefused, read_word
from reviews.duty.word_write import Paper, named, write_word
from reviews.models import DutyReport, DutyVersion, Subject
from tests.factories import client_for, make_user
from units.models import Role, User

from .duty import duty_round, good_texts, hand_in, save, subject_of, writer_of

PART = "基层党建工作／总结成绩"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def layout(code: str) -> Layout:
    return layout_of(plan_file.load(services.preset_text(code)))


def written(document: Any) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def lines(content: bytes, name: str = "报告.docx") -> list[Line]:
    return read_word(ContentFile(content, name=name))


def plain(*paragraphs: str) -> bytes:
    document = docx.Document()
    for each in paragraphs:
        document.add_paragraph(each)
    return written(document)


# ---------------------------------------------------------------- reading


def test_headings_lists_and_tables_keep_their_order_and_lose_their_looks():
    document = docx.Document()
    document.add_heading("述职报告", 0)
    document.add_heading("基层党建工作", 1)
    paragraph = document.add_paragraph()
    paragraph.add_run("今年").bold = True
    paragraph.add_run("完成三项")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "左", "右"
    document.add_paragraph("结束。")
    found = lines(written(document))
    assert [(line.text, line.level, line.title) for line in found] == [
        ("述职报告", 0, True),
        ("基层党建工作", 1, False),
        ("今年完成三项", 0, False),
        ("左", 0, False),
        ("右", 0, False),
        ("结束。", 0, False),
    ]


def test_numbers_that_word_counts_itself_are_written_out():
    document = docx.Document()
    for each in ("第一项", "第二项"):
        document.add_paragraph(each, style="List Number")
    document.add_paragraph("一点", style="List Bullet")
    numbering = document.part.numbering_part.element
    numbering.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
            '<w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%1）"/></w:lvl></w:abstractNum>'
        ),
    )
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for each in ("抓学习", "抓队伍"):
        paragraph = document.add_paragraph(each)
        paragraph._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="77"/></w:numPr>')
        )
    assert [line.text for line in lines(written(document))] == [
        "1.第一项",
        "2.第二项",
        "· 一点",
        "（一）抓学习",
        "（二）抓队伍",
    ]


def test_what_was_deleted_or_hidden_is_left_out_and_what_was_inserted_is_read():
    document = docx.Document()
    run = '<w:r><w:t xml:space="preserve">%s</w:t></w:r>'
    document.element.body.insert(
        0,
        parse_xml(
            f'<w:p {nsdecls("w")}>{run % "甲"}<w:ins w:id="1" w:author="x">{run % "新增"}</w:ins>'
            '<w:del w:id="2" w:author="x"><w:r><w:delText>删去</w:delText></w:r></w:del>'
            f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r>{run % '乙'}</w:p>"
        ),
    )
    assert [line.text for line in lines(written(document))] == ["甲新增乙"]


def test_a_style_of_wps_with_an_outline_is_a_heading():
    document = docx.Document()
    style = document.styles.add_style("我的标题", WD_STYLE_TYPE.PARAGRAPH)
    style.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="1"/>'))
    document.add_paragraph("存在的问题", style="我的标题")
    assert lines(written(document)) == [Line("存在的问题", 2)]


# ---------------------------------------------------------------- bad files


def repacked(content: bytes, **changes: bytes | None) -> bytes:
    """The same archive with parts replaced, added or (None) taken out; `__` stands for a slash, `_` for a point."""
    out = io.BytesIO()
    wanted = {name.replace("__", "/").replace("_", "."): value for name, value in changes.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename not in wanted:
                new.writestr(entry, old.read(entry))
        for name, value in wanted.items():
            if value is not None:
                new.writestr(name, value)
    return out.getvalue()


def encrypted_entries(content: bytes) -> bytes:
    """The flag of a password on every entry, in the local headers and in the table of contents."""
    raw = bytearray(content)
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = raw.find(sign)
        while place >= 0:
            raw[place + at] |= 1
            place = raw.find(sign, place + 4)
    return bytes(raw)


GOOD = plain("基层党建工作", "今年完成三项。")
DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "是空的|空文件|空"),
    "text with another name": ("只是文字".encode(), "不是 Word 文档"),
    "an archive": (repacked(GOOD, word__document_xml=None, x_txt=b"x"), "不是 Word 文档"),
    "macros": (repacked(GOOD, word__vbaProject_bin=b"x"), "宏"),
    "a password": (OLE + "EncryptedPackage".encode("utf-16-le") + b"\0\0" * 300, "密码"),
    "old format": (OLE + "WordDocument".encode("utf-16-le") + b"\0\0" * 300, "旧格式"),
    "entries with a password": (encrypted_entries(GOOD), "密码"),
    "cut off": (GOOD[: len(GOOD) // 2], "无法读取"),
    "no XML": (repacked(GOOD, word__document_xml=b"<w:document"), "无法读取"),
    "an outside entity": (repacked(GOOD, word__document_xml=DOCTYPE), "不应有的内容"),
    "an entity in UTF-16": (
        repacked(GOOD, word__styles_xml=DOCTYPE.decode().encode("utf-16")),
        "不应有的内容",
    ),
    "a bomb": (repacked(GOOD, word__media__x_xml=b"0" * (13 * 1024 * 1024)), "解压后过大"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"x" * 50, "不是 Word 文档"),
    "a program": (b"MZ" + b"\0" * 200, "不是 Word 文档"),
    "no text": (plain(""), "没有文字"),
    "another root": (repacked(GOOD, word__document_xml=b"<x/>"), "无法读取"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_bad_file_gets_a_clear_word(name):
    content, words = BAD[name]
    with pytest.raises(WordRefused) as caught:
        lines(content)
    assert "报告.docx" in str(caught.value)
    assert any(each in str(caught.value) for each in words.split("|")), str(caught.value)


def test_a_file_that_is_too_large_is_not_opened(monkeypatch):
    monkeypatch.setattr(word_read, "LARGEST_FILE", 100)
    with pytest.raises(WordRefused) as caught:
        lines(GOOD)
    assert "图片" in str(caught.value)


def test_every_cut_and_every_flipped_byte_is_refused_or_read():
    """Whatever is wrong with a file, the answer is words and never a defect."""
    for at in range(0, len(GOOD), 211):
        flipped = bytearray(GOOD)
        flipped[at] ^= 0xFF
        for content in (GOOD[:at], bytes(flipped)):
            with contextlib.suppress(WordRefused):
                assert lines(content)


# ---------------------------------------------------------------- what goes where


def test_headings_say_where_text_belongs_in_either_order():
    plan = layout("farm-two-duties")
    by_part = [Line("一、基层党建工作", 1), Line("（一）总结成绩", 2), Line("成绩。"), Line("（二）问题分析", 2)]
    found = place(plan, [*by_part, Line("没有问题标题时仍归入上一段。")])
    assert found[0].target == PART
    by_style = [Line("党风廉政建设情况"), Line("分析问题"), Line("问题一。"), Line("下步打算"), Line("打算一。")]
    assert [chunk.target for chunk in place(plan, by_style)] == ["党风廉政建设／分析问题", "党风廉政建设／下步打算"]


def test_other_headings_stay_in_the_text_with_a_number():
    plan = layout("education-secretary")
    given = [
        Line("抓党建工作成绩", 1),
        Line("建设服务型党组织", 2),
        Line("内容。"),
        Line("加强队伍", 2),
        Line("内容二。"),
    ]
    [chunk] = place(plan, given)
    assert chunk.lines == ["（一）建设服务型党组织", "内容。", "（二）加强队伍", "内容二。"]


def test_a_text_without_headings_goes_to_the_first_section_and_name_and_date_to_none():
    plan = layout("education-secretary")
    [body, end] = place(plan, [Line("甲" * 300 + "。"), Line("张一"), Line("2025年12月20日")])
    assert body.target == plan.sections[0].key
    assert (end.target, end.lines) == ("", ["张一", "2025年12月20日"])


# ---------------------------------------------------------------- writing


def test_the_document_is_set_as_official_papers_are_and_reads_back():
    paper = Paper(
        "2025年度述职报告", "张一", [("基层党建工作", [("总结成绩", "（一）抓学习\n今年学了三次。")])], ["张一"]
    )
    content = write_word(paper)
    document = docx.Document(io.BytesIO(content))
    faces = {
        run.text: run._r.rPr.rFonts.get(qn("w:eastAsia"))
        for each in document.paragraphs
        for run in each.runs
        if run.text
    }
    assert faces["2025年度述职报告"] == "方正小标宋简体"
    assert faces["一、基层党建工作"] == "黑体"
    assert faces["总结成绩"] == "楷体_GB2312"
    assert faces["今年学了三次。"] == "仿宋_GB2312"
    section = document.sections[0]
    assert [round(each.mm) for each in (section.top_margin, section.left_margin, section.page_width)] == [37, 28, 210]
    body = next(each for each in document.paragraphs if each.text == "今年学了三次。")
    assert body.paragraph_format.line_spacing.pt == 28
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert 'w:altName w:val="仿宋"' in archive.read("word/fontTable.xml").decode()
    said = [line.text for line in lines(content)]
    assert said[2:] == ["一、基层党建工作", "总结成绩", "（一）抓学习", "今年学了三次。", "张一"]


def test_signs_that_xml_does_not_know_do_not_break_it():
    assert write_word(Paper("标题", "张一", [("部分", [("", "正文\U0001f600")])]))


def test_file_names_are_fit_for_every_system():
    assert named('2025/"述职": 报告', ["张一"]) == "2025述职 报告-张一.docx"


# ---------------------------------------------------------------- pages


@pytest.fixture
def subject(db) -> Subject:
    return subject_of(duty_round())


@pytest.fixture
def writer(subject) -> User:
    return writer_of(subject)


def url(name: str, subject: Subject) -> str:
    return reverse(f"reviews:{name}", args=[subject.round_id, subject.pk])


def upload(content: bytes, name: str = "报告.docx") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, content, content_type=WORD)}


def test_a_file_is_looked_at_before_it_replaces_anything(subject, writer):
    save(subject, writer, **{PART: "原来的成绩"})
    client, address = client_for(writer), url("duty_import", subject)
    content = plain("一、基层党建工作", "（一）总结成绩", "文件里的成绩。", "（二）分析问题", "文件里的问题。")
    page = client.post(address, upload(content)).content.decode()
    assert "文件里的成绩。" in page
    assert DutyReport.objects.get().texts == {PART: "原来的成绩"}
    data = {"do": "take", "mode": "replace", "chunk-0": "文件里的成绩。", "target-0": PART}
    data |= {"chunk-1": "文件里的问题。", "target-1": "-"}
    assert client.post(address, data).status_code == 302
    assert DutyReport.objects.get().texts == {PART: "文件里的成绩。"}
    assert DutyVersion.objects.filter(texts={PART: "原来的成绩"}).exists()
    assert client.post(address, data | {"mode": "add"}).status_code == 302
    assert DutyReport.objects.get().texts == {PART: "文件里的成绩。\n文件里的成绩。"}


@pytest.mark.parametrize("name", ["macros", "a password", "cut off", "a bomb", "an outside entity"])
def test_a_bad_file_changes_nothing(subject, writer, name):
    save(subject, writer, **{PART: "原来的成绩"})
    response = client_for(writer).post(url("duty_import", subject), upload(BAD[name][0]))
    assert response.status_code == 422
    assert BAD[name][1] in response.content.decode()
    assert DutyReport.objects.get().texts == {PART: "原来的成绩"}


def test_nothing_chosen_is_told_and_the_stretches_stay(subject, writer):
    data = {"do": "take", "chunk-0": "文件里的成绩。", "target-0": "-"}
    response = client_for(writer).post(url("duty_import", subject), data)
    assert response.status_code == 422
    assert "文件里的成绩。" in response.content.decode()


def test_a_report_that_is_handed_in_takes_no_file(subject, writer):
    hand_in(subject, writer)
    client, address = client_for(writer), url("duty_import", subject)
    assert "不能导入文件" in client.get(address).content.decode()
    assert client.post(address, {"do": "take", "chunk-0": "x", "target-0": PART}).status_code == 422


def test_what_was_handed_in_is_downloaded_and_taken_in_again(subject, writer):
    given = good_texts(subject)
    hand_in(subject, writer, given)
    response = client_for(make_user(Role.OFFICE)).get(url("duty_word", subject))
    assert response["Content-Type"] == WORD
    assert "filename*=utf-8''" in response["Content-Disposition"]
    chunks = place(layout("farm-two-duties"), lines(response.content))
    assert {chunk.target: chunk.text for chunk in chunks if chunk.target} == given
    draft = client_for(writer).get(url("duty_draft_word", subject)).content
    assert {chunk.target for chunk in place(layout("farm-two-duties"), lines(draft)) if chunk.target} == set(given)


def test_the_print_view_has_the_text_and_nothing_of_the_review(subject, writer):
    hand_in(subject, writer)
    page = client_for(writer).get(url("duty_print", subject)).content.decode()
    assert "一、基层党建工作" in page
    assert "kp-official" in page
