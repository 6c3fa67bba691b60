"""The demo round: the same everywhere, complete but for two units, loaded once."""

import io
from decimal import Decimal

import pytest
from django.core.management import call_command

from reports.demo import ACCOUNTS, load_demo
from reviews.models import BallotMark, Event, EventStatus, Mark, Round
from scoring.queries import current_computation, read_results
from units.models import User

pytestmark = pytest.mark.django_db
SUM_OF_TOTALS = Decimal("2182.65")


@pytest.fixture(autouse=True)
def _password(tmp_path, monkeypatch):
    for module in ("reports.demo.accounts", "reports.management.commands.demo_accounts"):
        monkeypatch.setattr(f"{module}.PASSWORD_FILE", tmp_path / "demo_password")


def test_what_it_holds():
    round_ = load_demo()
    assert round_.subjects.count() == 25
    assert BallotMark.objects.filter(indicator="E1").count() == 600
    assert BallotMark.objects.filter(indicator="E2").count() == 20 * 25
    assert not Mark.objects.filter(note="").exists()
    assert Event.objects.filter(status=EventStatus.PENDING).count() == 5
    assert [item.state for item in round_.ledger_items.all()] == ["planned", "reported", "open"]
    computation = current_computation(round_)
    incomplete = {s.subject.name for s in read_results(computation) if s.result.missing}
    assert incomplete == {"区侨联", "区红会"}
    assert computation.provisional


def test_loading_again_changes_nothing():
    load_demo()
    assert load_demo() is None
    assert Round.objects.count() == 1


def test_it_is_the_same_on_every_machine():
    results = read_results(current_computation(load_demo()))
    shown = [(s.subject.name, str(s.result.total), s.result.grade) for s in results]
    assert shown[:3] == [
        ("区委宣传部", "98.49", "优秀"),
        ("区文联", "96.61", "优秀"),
        ("区委老干部局", "94.77", "优秀"),
    ]
    assert shown[7] == ("政协XX区机关", "91.28", "良好")
    assert shown[22] == ("区残联", "76.87", "合格")
    assert sum(s.result.total for s in results) == SUM_OF_TOTALS


def test_one_account_of_each_role_and_they_can_log_in(client):
    load_demo()
    out = io.StringIO()
    call_command("demo_accounts", stdout=out)
    password = out.getvalue().split("password:")[1].strip()
    for username, _name, grants in ACCOUNTS:
        assert username in out.getvalue()
        user = User.objects.get(username=username)
        assert user.check_password(password)
        assert {grant.role for grant in user.grants} == {str(role) for role, _unit in grants}
    roles = {str(role) for _user, _name, grants in ACCOUNTS for role, _unit in grants}
    assert roles == {"admin", "office", "assessor", "subject", "leader", "auditor"}


def test_no_account_is_shown_where_there_is_no_demo():
    out = io.StringIO()
    call_command("demo_accounts", stdout=out)
    assert out.getvalue() == ""
