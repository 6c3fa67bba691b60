"""Pages of the reports app, one module per concern."""

from .home import home
from .jobs import job, job_file
from .workbook import compute, export, load_checked, plan_template, template, upload, workbook

__all__ = [
    "compute",
    "export",
    "home",
    "job",
    "job_file",
    "load_checked",
    "plan_template",
    "template",
    "upload",
    "workbook",
]
