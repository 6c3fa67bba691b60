"""python manage.py appraise IN.xlsx OUT.xlsx: a whole round from one workbook, computed into another."""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from reports.workbook import LoadReport, WorkbookRefused, load_workbook_file
from reviews.models import Round
from reviews.services.errors import ReviewError

EXIT_REFUSED = 2


class Command(BaseCommand):
    help = "Load a round workbook, compute the round, write the result workbook. All or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("input", metavar="IN.xlsx", help="the round workbook")
        parser.add_argument("output", metavar="OUT.xlsx", help="the result workbook to write")
        parser.add_argument(
            "--allow-missing", action="store_true", help="compute provisionally although inputs are missing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if Round._meta.db_table not in connection.introspection.table_names():
            raise CommandError(_("The database has no tables yet: run “manage.py migrate” first."), returncode=1)
        source, target = Path(options["input"]), Path(options["output"])
        if not source.is_file():
            raise CommandError(_("There is no file %(path)s.") % {"path": source}, returncode=EXIT_REFUSED)
        if not target.resolve().parent.is_dir():
            message = _("There is no folder %(path)s to write to.") % {"path": target.resolve().parent}
            raise CommandError(message, returncode=EXIT_REFUSED)
        try:
            report = appraise(source, target, allow_missing=options["allow_missing"])
        except WorkbookRefused as refused:
            for problem in refused.problems:
                self.stderr.write(str(problem), self.style.NOTICE)
            sys.exit(EXIT_REFUSED)
        except ReviewError as refused:
            raise CommandError(str(refused), returncode=EXIT_REFUSED) from refused
        self._summarise(report, target)

    def _summarise(self, report: LoadReport, target: Path) -> None:
        for notice in report.notices:
            self.stdout.write(notice)
        values = {
            "round": report.computation.round.title,
            "subjects": report.computation.results.count(),
            "digest": report.computation.digest[:12],
            "path": target,
        }
        self.stdout.write(_("%(round)s: %(subjects)d subjects, result %(digest)s, written to %(path)s") % values)
        if report.computation.provisional:
            self.stdout.write(_("The result is provisional: inputs are missing."))


def appraise(source: Path, target: Path, *, allow_missing: bool) -> LoadReport:
    """Load, compute and write. The output is written aside, within the transaction, and put in place after it:
    a refused workbook or a full disk leaves neither a changed database nor half a file."""
    from reports.workbook.output import write_result

    with tempfile.TemporaryDirectory(dir=target.resolve().parent, prefix=".appraise-") as folder:
        draft = Path(folder) / "result.xlsx"
        with transaction.atomic():
            report = load_workbook_file(source, by=None, allow_missing=allow_missing, whole=True)
            write_result(draft, report.computation)
        draft.replace(target)
    return report
