"""How the workbooks to be filled in look."""

from __future__ import annotations

from typing import Any

from .template_sheets import WAITING_COLOUR


class Style:
    """The formats of the workbook."""

    def __init__(self, file: Any) -> None:
        def make(**values: Any) -> Any:
            return file.add_format({"font_name": "宋体", "font_size": 11, "valign": "vcenter"} | values)

        edge = {"border": 1, "border_color": "#B7C0CC"}
        heading = {"bold": True, "text_wrap": True, "align": "center", **edge}
        self.required = make(bg_color="#1F4E79", font_color="#FFFFFF", **heading)
        self.optional = make(bg_color="#D9DEE5", font_color="#1B2733", **heading)
        self.text = make(num_format="@")
        self.number = make(num_format="General")
        self.date = make(num_format="yyyy-mm-dd", align="left")
        self.title = make(bold=True, font_size=18, font_color="#1F4E79")
        self.section = make(bold=True, font_size=13, font_color="#1F4E79")
        self.subtle = make(font_color="#5A6675")
        self.plain = make()
        self.paragraph = make(text_wrap=True)
        self.head = make(bg_color="#D9DEE5", bold=True, **edge)
        self.cell = make(num_format="@", text_wrap=True, **(edge | {"valign": "top"}))
        # Conditional: they follow the rows when these are sorted, added or filled in.
        self.used_row = file.add_format({"bottom": 1, "bottom_color": "#D5DAE1"})
        self.waiting = file.add_format({"bg_color": f"#{WAITING_COLOUR}", "bottom": 1, "bottom_color": "#D5DAE1"})


def printed(sheet: Any) -> None:
    """A4 across, as wide as the page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C&A　第 &P / &N 页")
