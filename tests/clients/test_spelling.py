"""How names are filed and asked for: each spelling finds what a person means by it, and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from clients import spelling


def finds(query: str, *names: str) -> bool:
    """Whether somebody of these names is found."""
    filed = spelling.filed(*names)
    units = spelling.units_asked(query)
    return bool(units) and all(any(all(word in filed for word in way) for way in unit) for unit in units)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("chayu", "茶语有限公司"),
        ("cha yu", "茶语有限公司"),
        ("Cha Yu", "茶语有限公司"),
        ("CHÁ YǓ", "茶语有限公司"),
        ("ＣｈａＹｕ", "茶语有限公司"),
        ("cha yu you xian", "茶语有限公司"),
        ("xi'an", "西安示例"),
        ("gongsi chayu", "茶语有限公司"),
        ("chayu shanghai", "上海茶语"),
        ("360 anquan", "360安全"),
        ("abc mao yi", "ABC贸易"),
        ("hayuyouxiang", "茶语有限公司"),
        ("chayu you xian gongsi", "茶语有限公司"),
        ("ng", "港湾"),
        ("erhu", "二胡"),
        ("茶语", "Cha Yu Ltd"),
        ("茶语", "CHAYU"),
        ("茶語", "Cha Yu Ltd"),
        ("茶语", "chayu.example"),
        # As the words say it that a sign stands in.
        ("chongqing", "重庆示例"),
        ("重庆", "Chongqing Example Ltd"),
        ("银行", "Harbour Yinhang"),
        ("xiamen yinyue", "厦门音乐"),
        ("chaoyang", "北京朝阳示例"),
        # ü
        *((word, "绿叶") for word in ("lvye", "luye", "lüye", "lǜ yè", "LÜYE")),
        *(("绿叶", word) for word in ("Lvye Ltd", "Luye Ltd", "Lü Ye Ltd")),
    ],
)
def test_sound_and_signs_find_each_other(query, name):
    assert finds(query, name)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("茶语", ("Tea Talk Ltd", "查余有限公司")),  # the same sound in other signs
        ("茶语", ("Tea Talk Ltd", "茶云有限公司")),  # whose sound begins like it
        ("cha yu", ("Tea Talk Ltd", "长沙渔业")),  # both syllables, but not behind each other
        ("chayu", ("Tea Talk Ltd", "余查")),
        ("茶", ("Charter Ltd",)),  # one short sound is in half of all words
        ("zhongqing", ("Example Ltd", "重庆示例")),
        ("HUBEI", ("HU Ltd", "北")),
    ],
)
def test_what_only_looks_alike_is_not_found(query, names):
    assert not finds(query, *names)


def test_words_of_latin_letters_are_found_as_ever():
    for query in ("harbour", "harbour ltd", "ltd harb", "sun river", "river sun", "h", "arb"):
        assert finds(query, "Harbour Sun River Ltd", "港湾有限公司"), query
    assert spelling.units_asked(" ... ，") == []
    for query in ("harbour", "willow", "example", "f1234567", "2026", "xz"):
        assert spelling.units_asked(query) == [((query,),)], "cannot be a piece of Pinyin"


def test_a_long_query_is_read_at_once():
    for letters in ("a", "an", "ang", "na", "er", "chu", "nv"):
        for tail in ("", "1", "b"):
            assert spelling.units_asked(letters * 40 + tail)


def test_nobody_waits_for_the_dictionary_who_needs_none():
    """It takes tens of megabytes: neither a start nor a search in Latin letters loads it."""
    code = """
import sys
from clients import spelling
spelling.units_asked("cha yu harbour.example"), spelling.filed("Harbour Ltd", "")
print("pypinyin" in sys.modules)
spelling.units_asked("茶语")
print("pypinyin" in sys.modules)
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout.split() == ["False", "True"]
