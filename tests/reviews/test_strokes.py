"""The order by strokes of the surname, against lists written by hand."""

from __future__ import annotations

import random
import subprocess

import pytest

from reviews import strokes
from reviews.stroke_table import STROKES

# As such lists are printed: strokes, then 横竖撇点折, one given character before two.
BY_HAND = [
    "丁一", "丁学祥",  # 2
    "于二", "万三", "马四", "马小云",  # 3: 112, 153, 551
    "王一", "王勇", "王毅", "王小明", "王文涛", "韦五", "毛六", "方七", "孔八", "邓九",  # 4
    "石一", "龙二", "田三", "史四", "白五", "冯六",  # 5
    "朱一", "任二", "刘三", "江四", "许五", "阮六",  # 6
    "杜一", "李二", "李小红", "吴四", "何五", "余六", "汪七", "沈八", "宋九", "张十", "陈一",  # 7
    "林一", "欧二", "欧阳三", "罗四", "周五", "郑六",  # 8
    "赵一", "胡二", "侯三", "姜四", "姚五",  # 9
    "袁一", "贾二", "夏三", "徐四", "高五", "郭六",  # 10
]  # fmt: skip


def in_order(names: list[str]) -> list[str]:
    return [names[place] for place in strokes.ordered(names, {}).places]


@pytest.mark.parametrize("seed", range(5))
def test_lists_written_by_hand(seed: int) -> None:
    names = list(BY_HAND)
    random.Random(seed).shuffle(names)
    assert in_order(names) == BY_HAND


def test_the_table_holds_strokes_and_every_character_once() -> None:
    assert len(STROKES) > 600
    assert all(strokes.is_han(character) and strokes.is_strokes(each) for character, each in STROKES.items())
    from reviews import stroke_table

    listed = [one for one in stroke_table._TABLE if strokes.is_han(one)]
    assert len(listed) == len(set(listed))
    # Known numbers of strokes, from the national standard.
    known = {
        "一": 1,
        "王": 4,
        "刘": 6,
        "李": 7,
        "张": 7,
        "陈": 7,
        "黄": 11,
        "谢": 12,
        "蒙": 13,
        "潘": 15,
        "霍": 16,
        "魏": 17,
    }
    assert {character: len(STROKES[character]) for character in known} == known


def test_only_what_decides_is_asked_for() -> None:
    assert strokes.missing(["王一", "李龘"], {}) == []
    assert strokes.missing(["王一", "王龘"], {}) == ["龘"]
    assert strokes.missing(["王龘一", "王一"], {}) == []  # one character comes before two, whichever they are
    assert strokes.missing(["龘一", "王一"], {}) == ["龘"]
    assert strokes.missing(["龘一"], {}) == []
    assert strokes.missing(["龘一", "龘二"], {}) == []
    assert strokes.missing(["龘一", "李一"], {"龘": "41431"}) == []
    with pytest.raises(LookupError) as caught:
        strokes.ordered(["王一", "王龘"], {})
    assert caught.value.args == ("龘",)


def test_what_the_office_entered_decides() -> None:
    names = ["龘一", "丁一", "王一"]
    assert in_order([names[1], names[2]]) == ["丁一", "王一"]
    placed = strokes.ordered(names, {"龘": "111"}).places
    assert [names[place] for place in placed] == ["丁一", "龘一", "王一"]


def test_ties_are_named_and_keep_their_order() -> None:
    found = strokes.ordered(["张三", "佘一", "余一", "张三"], {})
    assert found.ties == (("佘一", "余一"), ("张三", "张三"))
    assert found.places == (1, 2, 0, 3)
    assert strokes.ordered(["余一", "佘一"], {}).places == (0, 1)


def test_names_as_they_are_written() -> None:
    assert strokes.tidy(" 张 三（正职） ") == "张三"
    assert strokes.surname_of("欧阳修") == "欧阳"
    assert strokes.surname_of("欧阳") == "欧"  # 欧 with the given name 阳
    assert strokes.surname_of("公孙某") == "公孙"
    assert in_order(["XX局", "王一", "7号"]) == ["王一", "7号", "XX局"]
    assert strokes.in_words("1121") == "横横竖横"
    assert not strokes.is_strokes("")
    assert not strokes.is_strokes("126")


def test_the_numbers_of_strokes_against_icu() -> None:
    """Node's ICU knows numbers of strokes; those of forms with 阝, 艹, 辶, 礻 are traditional there and more."""
    script = """
      const order = new Intl.Collator("zh-u-co-stroke");
      const count = (one) => {
        let n = 0;
        while (n < 49 && order.compare(one, "\\uFDD0" + String.fromCharCode(0x2801 + n)) >= 0) n++;
        return n;
      };
      console.log([...process.argv[1]].map(count).join(","));
    """
    characters = "".join(STROKES)
    try:
        done = subprocess.run(["node", "-e", script, characters], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("needs Node.js")
    counts = dict(zip(characters, map(int, done.stdout.split(",")), strict=True))
    if counts["王"] != 4:
        pytest.skip("this Node.js has no stroke order")
    differing = {one for one, number in counts.items() if number != len(STROKES[one])}
    more = {one for one in differing if counts[one] > len(STROKES[one])}
    assert differing == more, "the traditional forms have more strokes, never fewer"
    assert len(differing) < 100
