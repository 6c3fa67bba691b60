"""Selections from a stored result against cases worked out by hand, and their pages."""

from __future__ import annotations

import importlib

import pytest
from django.urls import reverse
from django.utils import translation

from indicators.rendering import render
from indicators.services import engine_plan
from reviews.models import Phase, Round, SelectionSetting
from reviews.services.errors import InvalidInput
from reviews.services.rounds import change_phase
from reviews.services.selections import save_veto, token
from scoring.selections import read_selections
from scoring.services import run_scoring, seal_round
from units.models import AuditEntry, Role, RoleGrant

from ..factories import client_for, district_round, make_unit, make_user
from .small import EXCLUSION, FOCUS, PAYOUT, QUOTA, VETO, letters, small_round

pytestmark = pytest.mark.django_db
TEN = dict(zip("abcdefghij", (99, 95, 90, 85, 80, 75, 70, 70, 60, 50), strict=True))


@pytest.fixture
def office():
    return make_user(Role.OFFICE)


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def read(round_, computation):
    return read_selections(round_, computation, engine_plan(round_.plan_version))


def page(user, round_, **query):
    return client_for(user).get(reverse("scoring:selections", args=[round_.pk]), query)


# ---------------------------------------------------------------- the last ones


def test_a_focus_list_has_a_share_for_each_category():
    # 甲类: a c e g i, 5 × 5 % = 0.25 → 1; 乙类: b d f h j, 5 × 50 % = 2.5 → 3.
    categories = dict.fromkeys("bdfhj", "乙类")
    (focus,) = read(*small_round(TEN, FOCUS, categories=categories))
    assert [(part.scope, part.size, part.places, part.chosen) for part in focus.parts] == [
        ("甲类", 5, 1, 1),
        ("乙类", 5, 3, 3),
    ]
    assert letters(focus.chosen) == "i" + "jhf"
    assert render(focus.parts[1].words) == "5 × 50% = 2.5，向上取整：取最后 3 名"
    assert "居倒数第 2；取最后 3 名" in render(focus.chosen[2].words)


def test_no_share_for_a_category_is_nobody_of_it():
    (focus,) = read(*small_round(TEN, FOCUS.replace("share = 0.05\n", ""), categories=dict.fromkeys("ij", "乙类")))
    assert [(part.scope, part.places, part.chosen) for part in focus.parts] == [("甲类", 0, 0), ("乙类", 1, 1)]
    assert letters(focus.chosen) == "j"
    assert render(focus.parts[0].words) == "未规定比例，不产生名单"


def test_an_award_exclusion_is_overall_and_takes_ties():
    # 10 × 20 % = 2: i and j.  With j and i out of the grades: 8 × 20 % = 1.6 → 2: g and h, tied.
    (excluded,) = read(*small_round(TEN, EXCLUSION))
    assert letters(excluded.chosen) == "ji"
    (excluded,) = read(*small_round(TEN, EXCLUSION, name="2024", out="ij"))
    assert (excluded.parts[0].size, excluded.parts[0].places, letters(excluded.chosen)) == (8, 2, "gh")
    nine = {letter: total for letter, total in TEN.items() if letter != "a"}
    (excluded,) = read(*small_round(nine, EXCLUSION.replace("0.20", "0.30"), name="2023"))
    # 9 × 30 % = 2.7 → 3: j, i and one of g and h, which are tied: both.
    assert (excluded.parts[0].places, letters(excluded.chosen)) == (3, "jigh")
    assert render(excluded.parts[0].words).endswith("与末位并列的一并列入，共 4 名")
    assert "居倒数第 1；" in render(excluded.chosen[0].words)
    assert all("居倒数第 3；" in render(each.words) for each in excluded.chosen[2:])


def test_an_award_exclusion_by_category_or_by_unit():
    by_category = EXCLUSION + 'scope = "category"\n'
    (excluded,) = read(*small_round(TEN, by_category, categories=dict.fromkeys("abc", "乙类")))
    # 甲类 defghij: 7 × 20 % = 1.4 → 2; 乙类 abc: 0.6 → 1.
    assert [(part.scope, part.places) for part in excluded.parts] == [("甲类", 2), ("乙类", 1)]
    assert letters(excluded.chosen) == "ji" + "c"


def test_an_award_exclusion_by_unit():
    first, second = make_unit("一科", order=1), make_unit("二科", order=2)
    units = dict.fromkeys("abcde", second) | dict.fromkeys("fghij", first)
    (excluded,) = read(*small_round(TEN, EXCLUSION + 'scope = "unit"\n', units=units))
    assert [(part.scope, part.size, part.places) for part in excluded.parts] == [("一科", 5, 1), ("二科", 5, 1)]
    assert letters(excluded.chosen) == "je"


def test_places_for_awards_are_rounded_down_and_go_to_units():
    first, second = make_unit("一科", order=2), make_unit("二科", order=1)
    units = dict.fromkeys("abcdefg", first) | dict.fromkeys("hij", second)
    _excluded, quota = read(*small_round(TEN, EXCLUSION + QUOTA, units=units, out="a"))
    # 二科 stands first: 3 × 50 % = 1.5 → 1; 一科 6 with a grade → 3.
    assert [(part.scope, part.size, part.places, part.chosen) for part in quota.parts] == [
        ("二科", 3, 1, 1),
        ("一科", 6, 3, 6),
    ]
    assert letters(quota.chosen) == "hij" + "bcdefg"
    barred = [each.standing.code[-1] for each in quota.chosen if each.verdict == "barred"]
    assert barred == ["i", "j"]  # 9 × 20 % = 1.8 → 2
    assert "不得推荐" in render(quota.chosen[1].words)


def test_a_quota_of_all_and_a_plan_without_units():
    (quota,) = read(*small_round(TEN, QUOTA.replace('"unit"', '"all"')))
    assert [(part.scope, part.places) for part in quota.parts] == [("", 5)]
    assert render(quota.sentence) == "全体中不超过 50%。"


# ---------------------------------------------------------------- differential veto


def settled(first, second, places, office, **how):
    other, _computation = small_round(second, code="target", title="年度目标考核", **how.pop("other", {}))
    round_, computation = small_round(first, VETO, **how)
    save_veto(round=round_, position=0, earlier=other, places=places, seen="", by=office)
    return round_, computation, other


def verdicts(selection):
    return {each.standing.code[-1]: each.verdict for each in selection.chosen}


def test_the_best_of_the_candidates_in_the_other_round_keep_their_places(office):
    # 2 places × 1.5 = 3 candidates: a b c; in the other round c 95, a 80, b 70.
    first = {"a": 99, "b": 95, "c": 90, "d": 85}
    second = {"a": 80, "b": 70, "c": 95, "d": 100}
    round_, computation, _other = settled(first, second, {"": 2}, office)
    (veto,) = read(round_, computation)
    assert verdicts(veto) == {"c": "kept", "a": "kept", "b": "vetoed"}
    assert render(veto.parts[0].words) == "名额 2 个，2 × 1.5 = 3，向上取整：前 3 名列为候选"
    assert [each.other.total for each in veto.chosen] == [95, 80, 70]


def test_a_tie_in_the_other_round_is_for_the_committee(office):
    first = {"a": 99, "b": 95, "c": 90, "d": 85}
    round_, computation, _other = settled(first, {"a": 90, "b": 70, "c": 70}, {"": 2}, office)
    (veto,) = read(round_, computation)
    assert verdicts(veto) == {"a": "kept", "b": "tied", "c": "tied"}
    assert "由领导小组研究决定" in render(veto.chosen[1].words)


def test_tie_breakers_of_each_rounds_plan_decide(office):
    # Here b and c are tied in total, and the reference leaf puts c first: candidates a and c. There c and a are tied
    # in total too, and its reference leaf puts c first.
    first = {"a": 99, "b": 90, "c": 90}
    round_, computation, _other = settled(
        first,
        {"a": 80, "b": 100, "c": 80},
        {"": 1},
        office,
        ties={"c": 5, "b": 4},
        other={"ties": {"a": 1, "c": 2}},
    )
    (veto,) = read(round_, computation)
    assert verdicts(veto) == {"c": "kept", "a": "vetoed"}


def test_without_a_graded_result_there_the_place_is_lost(office):
    first = {"a": 99, "b": 95, "c": 90}
    round_, computation, _other = settled(first, {"b": 60, "c": 90}, {"": 2}, office, other={"out": "c"})
    (veto,) = read(round_, computation)
    assert verdicts(veto) == {"b": "kept", "a": "vetoed", "c": "vetoed"}
    assert all("没有等次" in render(each.words) for each in veto.chosen if each.verdict == "vetoed")


def test_places_for_each_category_where_the_plan_ranks_by_category(office):
    first = {"a": 99, "b": 95, "c": 90, "d": 85}
    categories = {"c": "乙类", "d": "乙类"}
    round_, computation, _other = settled(
        first, {"a": 1, "b": 2, "c": 3, "d": 4}, {"乙类": 1}, office, ranking="category", categories=categories
    )
    (veto,) = read(round_, computation)
    assert verdicts(veto) == {"d": "kept", "c": "vetoed"}  # nobody of 甲类: no places were given
    assert [part.scope for part in veto.parts] == ["乙类"]


def test_codes_are_matched_only_where_no_person_is_known(office):
    round_, computation, other = settled({"a": 99, "b": 95}, {"a": 50, "b": 60}, {"": 1}, office)
    other.subjects.filter(code="2025-a").update(person=None)
    (veto,) = read(round_, computation)
    assert verdicts(veto) == {"b": "kept", "a": "vetoed"}
    # The other round knows no person for the code 2025-a, which therefore stands for the same subject.
    assert next(each for each in veto.chosen if each.standing.code == "2025-a").other.total == 50


def test_what_is_not_settled_or_not_computed_vetoes_nobody(office):
    round_, computation = small_round(TEN, VETO)
    (veto,) = read(round_, computation)
    assert (veto.parts, veto.chosen, veto.veto.setting) == ([], [], None)
    assert "尚未确定" in page(office, round_).content.decode()
    other, _none = small_round({"a": 1}, code="target", title="年度目标考核", compute=False)
    save_veto(round=round_, position=0, earlier=other, places={"": 1}, seen="", by=office)
    assert "对照轮次尚未计算" in page(office, round_).content.decode()
    (veto,) = read(round_, computation)
    assert veto.chosen == []


def test_a_round_is_sealed_only_after_the_round_that_its_list_reads(office):
    round_, _computation, other = settled({"a": 99}, {"a": 50}, {"": 1}, office)
    Round.objects.filter(pk=round_.pk).update(phase=Phase.ANNOUNCED)
    with pytest.raises(InvalidInput, match="尚未公布"):
        seal_round(round=round_, by=office)
    Round.objects.filter(pk=other.pk).update(phase=Phase.ANNOUNCED)
    assert seal_round(round=round_, by=office).phase == Phase.SEALED


# ---------------------------------------------------------------- the page


@pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR, Role.LEADER])
def test_who_sees_the_lists(role, office):
    round_, _computation, _other = settled({"a": 99, "b": 95}, {"a": 50, "b": 60}, {"": 1}, office)
    content = page(make_user(role), round_).content.decode()
    assert "人员a" in content
    assert "对照轮次的结果尚未公布" in content
    assert ("更改对照轮次和名额" in content) == (role == Role.OFFICE)


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.ASSESSOR, Role.SUBJECT])
def test_who_does_not(role):
    round_, _computation = small_round(TEN, EXCLUSION)
    Round.objects.filter(pk=round_.pk).update(phase=Phase.SEALED)
    assert page(make_user(role), round_).status_code == 403


def test_a_plan_without_selections_has_no_such_page_and_no_tab(office):
    round_ = district_round(1)
    assert page(office, round_).status_code == 404
    content = client_for(office).get(reverse("scoring:ranking", args=[round_.pk])).content.decode()
    assert "结果运用" not in content


def test_the_tab_leads_to_what_the_plan_has(office):
    round_, _computation = small_round({"a": 1}, PAYOUT)
    content = client_for(office).get(reverse("scoring:ranking", args=[round_.pk])).content.decode()
    assert reverse("scoring:payout", args=[round_.pk]) in content
    assert reverse("scoring:selections", args=[round_.pk]) not in content
    assert "结果运用" in content
    assessor = client_for(make_user(Role.ASSESSOR)).get(reverse("reviews:round_detail", args=[round_.pk]))
    assert "结果运用" not in assessor.content.decode()


def test_a_round_that_was_never_computed_says_so(office):
    round_, _none = small_round(TEN, EXCLUSION, compute=False)
    assert "本轮次尚未计算" in page(office, round_).content.decode()


def test_a_provisional_result_is_labelled(office):
    round_, _computation = small_round(TEN, EXCLUSION)
    round_.subjects.first().marks.all().delete()
    run_scoring(round=round_)
    assert "暂定" in page(office, round_).content.decode()
    assert "暂定" in page(office, round_, print="1").content.decode()


@pytest.mark.parametrize("count", [2, 9])
def test_queries_do_not_grow(count, office, django_assert_num_queries):
    totals = {letter: 50 + n for n, letter in enumerate("abcdefghi"[:count])}
    round_, _computation, _other = settled(
        totals, totals, {"": 2}, office, ties=dict.fromkeys(totals, 1), other={"ties": dict.fromkeys(totals, 1)}
    )
    client = client_for(office)
    with django_assert_num_queries(16):
        client.get(reverse("scoring:selections", args=[round_.pk]))


def test_a_long_list_is_cut_and_has_a_page_of_its_own(office, monkeypatch):
    views = importlib.import_module("scoring.views.selections")
    monkeypatch.setattr(views, "SHOWN", 2)
    monkeypatch.setattr(views, "PAGE", 3)
    round_, _computation = small_round(TEN, EXCLUSION.replace("0.20", "0.50"))
    content = page(office, round_).content.decode()
    assert content.count("/subjects/") == 2
    assert "还有 3 个" in content
    assert page(office, round_, selection="0").content.decode().count("/subjects/") == 3
    assert page(office, round_, selection="0", page="2").content.decode().count("/subjects/") == 2
    assert page(office, round_, selection="7").status_code == 404
    assert page(office, round_, print="1").content.decode().count("/subjects/") == 5


# ---------------------------------------------------------------- settling a veto


def post(user, round_, **data):
    url = reverse("scoring:settle_veto", args=[round_.pk, 0])
    return client_for(user).post(url, {f"veto0-{name}": value for name, value in data.items()})


def test_the_round_that_the_plan_names_is_suggested_and_can_be_settled(office):
    other, _computation = small_round({"a": 50}, code="target", title="年度目标考核")
    small_round({"a": 50}, code="third", title="别的考核")
    round_, _computation = small_round({"a": 99}, VETO)
    assert f'<option value="{other.pk}" selected>' in page(office, round_).content.decode()
    response = post(office, round_, earlier=other.pk, **{"places-0": "1"}, seen="")
    assert response.status_code == 302
    setting = SelectionSetting.objects.get()
    assert (setting.earlier, setting.places, setting.title) == (other, {"": 1}, "差额否决")
    version = round_.input_version
    round_.refresh_from_db()
    assert round_.input_version == version  # no score changes: nothing is stale
    entry = AuditEntry.objects.get(action="settle selection")
    assert entry.changes == {"other round": [None, "年度目标考核2025"], "places": [None, "1"]}
    response = post(office, round_, earlier="", **{"places-0": ""}, seen=token(SelectionSetting.objects.get()))
    assert not SelectionSetting.objects.exists()
    assert AuditEntry.objects.filter(action="settle selection").count() == 2


@pytest.mark.parametrize(
    ("places", "words"),
    [("", "请填写名额"), ("0", "大于或等于"), ("x", "整数"), ("-1", "大于或等于")],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(office, places, words):
    other, _computation = small_round({"a": 50}, code="target", title="年度目标考核")
    round_, _computation = small_round({"a": 99}, VETO)
    response = post(office, round_, earlier=other.pk, **{"places-0": places}, seen="")
    content = response.content.decode()
    assert response.status_code == 422
    assert words in content
    assert f'<option value="{other.pk}" selected>' in content
    assert not SelectionSetting.objects.exists()


def test_somebody_elses_setting_is_not_overwritten_unseen(office):
    other, _computation = small_round({"a": 50}, code="target", title="年度目标考核")
    round_, _computation = small_round({"a": 99}, VETO)
    save_veto(round=round_, position=0, earlier=other, places={"": 3}, seen="", by=make_user(Role.OFFICE, name="李四"))
    response = post(office, round_, earlier=other.pk, **{"places-0": "1"}, seen="")
    content = response.content.decode()
    assert response.status_code == 422
    assert "李四" in content
    assert f'name="veto0-seen" value="{token(SelectionSetting.objects.get())}"' in content
    assert SelectionSetting.objects.get().places == {"": 3}
    assert (
        post(
            office, round_, earlier=other.pk, **{"places-0": "1"}, seen=token(SelectionSetting.objects.get())
        ).status_code
        == 302
    )
    assert SelectionSetting.objects.get().places == {"": 1}


def test_a_position_that_is_no_veto_is_not_found(office):
    round_, _computation = small_round({"a": 99}, EXCLUSION + VETO)
    assert post(office, round_, seen="").status_code == 404


# ---------------------------------------------------------------- the page of a result


def result_page(user, round_, letter):
    subject = round_.subjects.get(code__endswith=f"-{letter}")
    return client_for(user).get(reverse("scoring:subject_result", args=[round_.pk, subject.pk])).content.decode()


def account_of(round_, letter):
    user = make_user()
    RoleGrant.objects.create(
        user=user, role=Role.SUBJECT, person=round_.subjects.get(code__endswith=f"-{letter}").person
    )
    return user


def test_a_result_says_which_lists_it_is_on(office):
    round_, _computation = small_round(TEN, EXCLUSION)
    assert "列入“不得评优”" in result_page(office, round_, "j")
    assert "全部对象中有等次的 10 名，居倒数第 1；取最后 2 名" in result_page(office, round_, "j")
    assert "不得评优" not in result_page(office, round_, "a")


def test_a_veto_is_told_to_the_one_appraised_once_the_other_round_is_announced(office):
    round_, _computation, other = settled({"a": 99, "b": 95}, {"a": 50, "b": 60}, {"": 1}, office)
    Round.objects.filter(pk=round_.pk).update(phase=Phase.ANNOUNCED)
    own = account_of(round_, "a")
    assert "差额否决" in result_page(office, round_, "a")
    assert "差额否决" not in result_page(own, round_, "a")
    Round.objects.filter(pk=other.pk).update(phase=Phase.ANNOUNCED)
    assert "50 分，未进入候选中的前 1 名：否决" in result_page(own, round_, "a").replace("50.00", "50")


def test_lists_of_a_sealed_round_stay_and_are_no_longer_settled(office):
    round_, computation, other = settled({"a": 99, "b": 95}, {"a": 50, "b": 60}, {"": 1}, office)
    before = verdicts(read(round_, computation)[0])
    for each in (other, round_):
        change_phase(round=each, to=Phase.REVIEWING, by=office)
        Round.objects.filter(pk=each.pk).update(phase=Phase.ANNOUNCED)
    seal_round(round=round_, by=office)
    assert verdicts(read(round_, computation)[0]) == before == {"b": "kept", "a": "vetoed"}
    assert "更改对照轮次和名额" not in page(office, round_).content.decode()
    response = post(office, round_, earlier=other.pk, **{"places-0": "2"}, seen=token(SelectionSetting.objects.get()))
    assert response.status_code == 422
    assert SelectionSetting.objects.get().places == {"": 1}


# ---------------------------------------------------------------- the plans that ship


@pytest.mark.parametrize(
    ("plan", "name", "lists"),
    [
        ("finance-annual", "2025", {"不得推荐评优评先": 4, "市直财政系统先进工作者": 4}),
        ("bank-midlevel", "2025", {"动态调整": 4}),
        ("county-secretary", "2025", {"差额否决": 0, "重点管理": 4}),
    ],
)
def test_presets_without_any_input_have_their_lists(plan, name, lists, office):
    """Everyone is at 0, all are tied, and whoever is tied with the last one in is in."""
    round_ = district_round(4, plan=plan, name=name)
    computation = run_scoring(round=round_)
    found = read(round_, computation)
    assert {selection.title: len(selection.chosen) for selection in found} == lists
    content = page(office, round_).content.decode()
    assert all(title in content for title in lists)
    assert "暂定" in content
