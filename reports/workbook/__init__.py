"""Round workbooks: one Excel file holds everything that a round needs, and another its result.

In: `read` (file → raw rows) → `parse` (typed cells) → `check` (typed rows, every error with its cell) → `apply`
(the round, in one transaction). `template` writes a blank one, `marked` a copy with the wrong cells marked,
`output` the result.
"""

from .apply import LoadReport, load_workbook_file, preview_workbook_file
from .marked import write_marked_copy
from .problems import Problem, WorkbookRefused

__all__ = [
    "LoadReport",
    "Problem",
    "WorkbookRefused",
    "load_workbook_file",
    "preview_workbook_file",
    "write_marked_copy",
]
