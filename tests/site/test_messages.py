"""The catalogue tool against Django's own lookups, on a small project made for each test."""

import json
from pathlib import Path

import pytest
from django.template import Context, Engine
from django.utils import translation
from django.utils.translation import gettext, ngettext, npgettext, pgettext, trans_real

from tools import messages

PYTHON = """
from django.utils.translation import gettext as _, gettext_lazy, ngettext, npgettext, pgettext

A = _("Plan of the year")
B = gettext_lazy("Long text in "
                 "two parts")
C = ngettext("%(count)s unit", "%(count)s units", 3)
D = pgettext("month name", "May")
E = npgettext("ballot", "%(n)s vote", "%(n)s votes", 2)
"""
TEMPLATE = """{% load i18n %}
    <h1 title="{% translate "Don't stop at 100%" %}">{{ _("Marks") }}</h1>
  {% blocktranslate trimmed %}
    First line
    second line
  {% endblocktranslate %}
{% blocktranslate count n=n trimmed %}
  One event of {{ unit }}
{% plural %}
  {{ n }} events of {{ unit }}
{% endblocktranslate %}
{% translate "May" context "permission" %}
{% firstof missing _("Nothing yet") %}
"""
PAIRS = {
    "Plan of the year": "年度方案",
    "Long text in two parts": "两段长文本",
    "%(count)s unit": "%(count)s 个单位",
    "month name\x04May": "五月",
    "permission\x04May": "可以",
    "ballot\x04%(n)s vote": "%(n)s 票",
    "Don't stop at 100%%": "百分之百也不停",
    "Marks": "评分",
    "First line second line": "第一行第二行",
    "One event of %(unit)s": "%(unit)s的 %(n)s 件事项",
    "Nothing yet": "暂无",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "units").mkdir()
    (tmp_path / "units" / "views.py").write_text(PYTHON)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(TEMPLATE)
    return tmp_path


@pytest.fixture
def pairs_file(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps(PAIRS))
    return path


@pytest.fixture
def fresh_translations(project: Path, settings):
    """Django's lookups read the small project's catalogue, before and after the test its own."""
    settings.LOCALE_PATHS = [project / "locale"]

    def forget() -> None:
        trans_real._translations.clear()
        trans_real._default = None

    forget()
    yield
    forget()


def test_every_kind_of_text_is_found_by_django_at_run_time(project, pairs_file, fresh_translations):
    assert messages.main(["translate", str(pairs_file)], project) == 0
    assert messages.main(["check"], project) == 0
    assert messages.main(["compile"], project) == 0
    with translation.override("zh-hans"):
        assert gettext("Plan of the year") == "年度方案"
        assert gettext("Long text in two parts") == "两段长文本"
        assert ngettext("%(count)s unit", "%(count)s units", 3) == "%(count)s 个单位"
        assert pgettext("month name", "May") == "五月"
        assert npgettext("ballot", "%(n)s vote", "%(n)s votes", 1) == "%(n)s 票"
        template = Engine(libraries={"i18n": "django.templatetags.i18n"}).from_string(TEMPLATE)
        page = template.render(Context({"n": 2, "unit": "甲局"}))
    for expected in ("百分之百也不停", "评分", "第一行第二行", "甲局的 2 件事项", "可以", "暂无"):
        assert expected in page


def test_missing_lists_what_is_untranslated_ready_to_fill_in(project, capsys):
    messages.main(["update"], project)
    messages.main(["missing"], project)
    assert json.loads(capsys.readouterr().out) == dict.fromkeys(PAIRS, "")


def test_check_names_each_problem(project, pairs_file, capsys):
    messages.main(["translate", str(pairs_file)], project)
    catalogue = messages.catalogue_path(project)
    good = catalogue.read_text()
    for text, complaint in (
        (good.replace('msgstr "年度方案"', 'msgstr ""'), "untranslated: 'Plan of the year'"),
        (
            good.replace('msgid "Marks"', '#, fuzzy\nmsgid "Marks"'),
            "fuzzy: 'Marks'",
        ),
        (good + '\nmsgid "Gone"\nmsgstr "没了"\n', "stale: 'Gone'"),
        (good.replace("%(unit)s的 %(n)s", "%(unit)s的 %(m)s"), "placeholders differ"),
    ):
        assert text != good
        catalogue.write_text(text)
        assert messages.main(["check"], project) == 1
        assert complaint in capsys.readouterr().err
    catalogue.write_text(good)
    assert messages.main(["check"], project) == 0


def test_a_text_that_goes_and_comes_back_keeps_its_translation(project, pairs_file):
    messages.main(["translate", str(pairs_file)], project)
    page = project / "templates" / "page.html"
    page.write_text("")
    messages.main(["update"], project)
    assert messages.main(["check"], project) == 1
    page.write_text(TEMPLATE)
    messages.main(["update"], project)
    assert messages.main(["check"], project) == 0


def test_prune_drops_what_no_source_says(project, pairs_file):
    messages.main(["translate", str(pairs_file)], project)
    (project / "templates" / "page.html").unlink()
    messages.main(["prune"], project)
    assert messages.main(["check"], project) == 0
    assert "暂无" not in messages.catalogue_path(project).read_text()


def test_a_translation_that_would_break_the_page_is_refused(project, tmp_path, capsys):
    pairs = {
        "%(count)s unit": "%(cuont)s 个单位",
        "ballot\x04%(n)s vote": "%(n)s 票占 5%",
        "Nowhere": "无处",
        "Marks": "评分",
    }
    (tmp_path / "bad.json").write_text(json.dumps(pairs))
    assert messages.main(["translate", str(tmp_path / "bad.json")], project) == 1
    output = capsys.readouterr()
    assert "1 of 4" in output.out
    assert "expected %(count)s" in output.err
    assert "a per cent sign is written %%" in output.err
    assert "'Nowhere': no source says this" in output.err
    assert 'msgstr "评分"' in messages.catalogue_path(project).read_text()


def test_update_twice_writes_the_same_file(project, pairs_file):
    messages.main(["translate", str(pairs_file)], project)
    before = messages.catalogue_path(project).read_bytes()
    messages.main(["update"], project)
    assert messages.catalogue_path(project).read_bytes() == before


def test_a_source_that_cannot_be_read_stops_with_its_name(project, capsys):
    (project / "templates" / "page.html").write_text("{% load i18n %}{% blocktranslate %}a{% if %}")
    assert messages.main(["update"], project) == 1
    assert "templates/page.html" in capsys.readouterr().err
