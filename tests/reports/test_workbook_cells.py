"""Cells as people type them, and files that are no workbook."""

import datetime
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from appraisal_site.lib.cells import NotACode, NotANumber, cell_name, clean_text, code_text, number
from reports.workbook import WorkbookRefused
from reports.workbook.package import Unusable
from reports.workbook.read import read_workbook


@pytest.mark.parametrize(
    ("value", "form", "code"),
    [
        (1, "000", "001"),
        (1.0, "General", "1"),
        (7.0, '"S"000', "S007"),
        (7.0, "S\\-000", "7"),  # a bare letter is a format's own word: not guessed
        (20201, "00\\-000", "20-201"),
        (1234.0, "000", "1234"),
        ("００１", "", "001"),
        (" K21\u3000", "", "K21"),
        ("K２．１－a", "", "K2.1-a"),
        (None, "", ""),
        (2.5, "0.00", "2.5"),
    ],
)
def test_a_code_is_read_by_its_displayed_digits(value: object, form: str, code: str) -> None:
    assert code_text(value, form) == code


@pytest.mark.parametrize("value", [datetime.date(2020, 11, 1), 1.2345678901234568e17])
def test_a_code_that_the_spreadsheet_spoiled(value: object) -> None:
    with pytest.raises(NotACode):
        code_text(value)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (4.6, "4.6"),
        (0.1 + 0.2, "0.3"),
        (4.6000000000000005, "4.6"),
        (3, "3"),
        ("１２．５", "12.5"),
        (" －3 ", "-3"),
        ("−0.5", "-0.5"),
        ("\u30001.005\u3000", "1.005"),
        (1e-7, "0.0000001"),
    ],
)
def test_a_number_is_read_exactly(value: object, exact: str) -> None:
    assert number(value) == Decimal(exact)


@pytest.mark.parametrize(
    "value", [True, "优", "1,5", "1e3", datetime.date(2020, 1, 1), 1e15, float("inf"), "NaN", "1 2"]
)
def test_what_is_no_number(value: object) -> None:
    with pytest.raises(NotANumber):
        number(value)


def test_empty_is_no_number_and_no_text() -> None:
    assert number("\u3000 ") is None
    assert clean_text("\ufeff\u3000") == ""
    assert clean_text(5.0) == "5"
    assert cell_name(0, 0) == "A1"
    assert cell_name(9, 27) == "AB10"


def test_addresses_survive_empty_rows_and_columns(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "评分"
    sheet["C4"], sheet["D4"], sheet["F4"] = "编码", "得分", "坏"
    sheet["C6"], sheet["D6"], sheet["F6"] = 7, "=1+1", "#REF!"
    sheet["C6"].number_format = "000"
    sheet["F6"].data_type = "e"
    sheet["H9"] = "=2"
    book.create_sheet("别的")
    book.save(tmp_path / "in.xlsx")
    sheets, others = read_workbook(tmp_path / "in.xlsx", ["评分"])
    raw = sheets["评分"]
    assert others == ["别的"]
    assert raw.header_row == 3
    assert [(column, title) for column, title in raw.header if title] == [(2, "编码"), (3, "得分"), (5, "坏")]
    (row, values), (last, tail) = raw.rows
    assert (row, values[2], values[3], values[5]) == (5, 7.0, Unusable(), Unusable("#REF!"))
    assert (last, tail[7]) == (8, Unusable())
    assert raw.formats == {(5, 2): "000"}


def test_what_is_no_workbook(tmp_path: Path, settings: object) -> None:
    path = tmp_path / "in.xlsx"

    def refused() -> str:
        with pytest.raises(WorkbookRefused) as error:
            read_workbook(path, ["评分"])
        assert not error.value.can_be_marked
        return str(error.value)

    path.write_text("编码,得分")
    text = refused()
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert refused() != text
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert refused() == text
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<broken")
    damaged = refused()
    assert damaged != text
    settings.UPLOAD_MAX_BYTES = 10  # type: ignore[attr-defined]
    assert refused() not in {text, damaged}


def test_a_file_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _ in range(520):
            part.write(b" " * 1024 * 1024)
    with pytest.raises(WorkbookRefused):
        read_workbook(path, ["评分"])
