"""Savers take turns on SQLite."""

from threading import Event, Thread

import pytest
from django.db import connection

from appraisal_site.lib.turns import in_turn

pytestmark = pytest.mark.django_db


def enter(order, name, inside, leave):
    with in_turn():
        order.append(name)
        inside.set()
        leave.wait(10)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL sees to turns itself")
def test_the_second_waits_for_the_first_and_comes_at_once():
    order: list[str] = []
    first_in, second_in, leave, stay = Event(), Event(), Event(), Event()
    stay.set()
    first = Thread(target=enter, args=(order, "first", first_in, leave))
    first.start()
    assert first_in.wait(10)
    second = Thread(target=enter, args=(order, "second", second_in, stay))
    second.start()
    assert not second_in.wait(0.2)
    leave.set()
    assert second_in.wait(10)
    first.join()
    second.join()
    assert order == ["first", "second"]


def test_an_error_inside_gives_the_turn_on():
    with pytest.raises(ValueError, match="inside"), in_turn():
        raise ValueError("inside")
    order: list[str] = []
    stay = Event()
    stay.set()
    enter(order, "next", Event(), stay)
    assert order == ["next"]


def test_nothing_is_locked_where_the_database_is_not_a_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(connection.settings_dict, "NAME", ":memory:")
    with in_turn(), in_turn():  # would wait for itself if it locked
        assert list(tmp_path.iterdir()) == []
