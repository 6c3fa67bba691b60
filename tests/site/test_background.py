"""A task runs when its transaction has committed, wherever tasks run."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from appraisal_site.lib import background
from appraisal_site.lib.background import enqueue
from appraisal_site.tasks import clear_expired_sessions


def make_sessions() -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(days=1))


def left() -> list[str]:
    return list(Session.objects.order_by("session_key").values_list("session_key", flat=True))


@pytest.mark.django_db
def test_nothing_runs_before_the_commit(django_capture_on_commit_callbacks):
    make_sessions()
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        enqueue(clear_expired_sessions)
    assert left() == ["new", "old"]
    assert len(callbacks) == 1
    callbacks[0]()
    assert left() == ["new"]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_queues_nothing():
    make_sessions()
    with transaction.atomic():
        enqueue(clear_expired_sessions)
        transaction.set_rollback(True)
    assert left() == ["new", "old"]


@pytest.mark.django_db(transaction=True)
def test_in_process_another_thread_does_it_and_leaves_no_connection(settings):
    settings.TASKS_EAGER, settings.TASKS_IN_PROCESS = False, True
    make_sessions()
    with transaction.atomic():
        enqueue(clear_expired_sessions)
    background.wait_until_idle(timeout=30)
    assert left() == ["new"]


@pytest.mark.django_db(transaction=True)
def test_a_task_that_fails_in_process_is_logged_and_the_next_one_runs(settings, caplog):
    settings.TASKS_EAGER, settings.TASKS_IN_PROCESS = False, True
    make_sessions()
    enqueue(clear_expired_sessions, 1)  # takes no argument: fails
    enqueue(clear_expired_sessions)
    background.wait_until_idle(timeout=30)
    assert "clear_expired_sessions(1,) failed" in caplog.text
    assert left() == ["new"]


@pytest.mark.services
def test_a_real_worker_does_it(celery_worker_process, eventually):
    make_sessions()
    with transaction.atomic():
        enqueue(clear_expired_sessions)
        assert left() == ["new", "old"]
    eventually(lambda: left() == ["new"])
