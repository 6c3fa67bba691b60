"""Names of matters: what is written differently is the same, what is another document is not."""

import pytest

from reviews import matters


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("经验推广", " 经验推广 "),
        ("ＡＢ经验推广", "ab经验推广"),
        ("京办字〔2020〕12号", "京办字[2020]12号"),
        ("京办字〔2020〕12号", "京办字（２０２０）第12号"),
        ("2020年3月5日通报", "2020-03-05 通报"),
        ("2020.3.5通报", "2020/03/05，通报"),
        ("关于“创城”工作的通报", "创城工作通报"),
    ],
)
def test_the_same_in_another_writing(first, second):
    assert matters.percent(first, second) == 100


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("京办字〔2020〕1号", "京办字〔2020〕2号"),
        ("督查通报第3期", "督查通报第4期"),
        ("2020年3月5日在全区会议上通报批评", "2020年4月5日在全区会议上通报批评"),
        ("疫情防控", "消防安全"),
        ("", ""),
        ("——", "……"),
    ],
)
def test_others_are_not_asked_about(first, second):
    assert matters.percent(first, second) < matters.SAME
    assert matters.percent(second, first) == matters.percent(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("全区经验交流会推广", "全区经验交流会推广通知"),
        ("全区经验交流会推广", "全区经验交流会推广（京办字〔2020〕12号）"),
        ("获评市级先进单位", "获市级先进单位"),
    ],
)
def test_nearly_the_same_is_asked_about_but_is_not_the_same(first, second):
    assert matters.SAME <= matters.percent(first, second) < 100


def test_a_short_name_inside_another_is_only_suggested():
    assert matters.ALIKE <= matters.percent("疫情防控", "疫情防控先进单位评选表彰") < matters.SAME


def test_the_likest_comes_first_and_the_text_itself_is_left_out():
    names = ["经验推广", "全区经验交流会推广", "全区经验交流会推广通知", "消防安全检查"]
    found = matters.alike("全区经验交流会推广", names)
    assert [one.matter for one in found] == ["全区经验交流会推广通知", "经验推广"]
    assert found[0].same
    assert not found[1].same
    assert matters.alike("全区经验交流会推广", names, most=1)[0].matter == "全区经验交流会推广通知"


def test_document_numbers_are_compared_as_people_mean_them():
    assert matters.same_document("京办字〔2020〕12号", "京办字(2020) 12号")
    assert not matters.same_document("京办字〔2020〕12号", "京办字〔2020〕13号")
    assert not matters.same_document("", "")
