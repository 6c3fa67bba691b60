"""Pages of the reports app, one module per concern."""

from .ballots import paper_book, paper_word, poll_summary
from .duty import compare_duty_reports
from .home import home
from .jobs import job, job_file
from .offline import offline, offline_all, offline_marked, offline_mine, offline_unit, offline_upload
from .promises import promise_book
from .rectification import circular, circular_book, circular_word
from .workbook import compute, export, load_checked, plan_template, template, upload, workbook

__all__ = [
    "circular",
    "circular_book",
    "circular_word",
    "compare_duty_reports",
    "compute",
    "export",
    "home",
    "job",
    "job_file",
    "load_checked",
    "offline",
    "offline_all",
    "offline_marked",
    "offline_mine",
    "offline_unit",
    "offline_upload",
    "paper_book",
    "paper_word",
    "plan_template",
    "poll_summary",
    "promise_book",
    "template",
    "upload",
    "workbook",
]
