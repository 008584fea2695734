"""Countries by the names people write; two letters are kept."""

from __future__ import annotations

import pytest
from django.utils import translation

from cases import countries, facts


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Norway", "NO"),
        ("  norway ", "NO"),
        ("挪威", "NO"),
        ("ＮＯＲＷＡＹ", "NO"),
        ("no", "NO"),
        ("nor", "NO"),
        ("挪威籍", "NO"),
        ("United Kingdom", "GB"),
        ("UK", "GB"),
        ("U.K.", "GB"),
        ("gb", "GB"),
        ("英国", "GB"),
        ("USA", "US"),
        ("The United States", "US"),
        ("美国", "US"),
        ("South Korea", "KR"),
        ("Republic of Korea", "KR"),
        ("韩国", "KR"),
        ("Czech Republic", "CZ"),
        ("Czechia", "CZ"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Turkiye", "TR"),
        ("Burma", "MM"),
        ("Bosnia and Herzegovina", "BA"),
        ("Saint Lucia", "LC"),
        ("Côte d'Ivoire", "CI"),
        ("香港", "HK"),
        ("Hong Kong", "HK"),
        ("澳门", "MO"),
        ("台湾", "TW"),
        ("刚果（金）", "CD"),
        ("China", "CN"),
        ("中国国籍", "CN"),
        ("CHN", "CN"),
        ("Georgia", "GE"),
    ],
)
def test_a_country_is_known_by_its_name_and_its_letters(typed, code):
    assert facts.clean("head", "nationality", typed, context={}) == code


@pytest.mark.parametrize(
    "typed", ["Narnia", "ZZ", "EU", "刚果", "金", "籍", "!!", "N", "00", "Norway and Sweden"]
)
def test_what_is_no_country_or_not_one_is_refused(typed):
    with pytest.raises(facts.Invalid):
        facts.clean("head", "nationality", typed, context={})


def test_an_empty_country_takes_the_fact_away():
    assert facts.clean("head", "nationality", " ", context={}) == ""


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_name_that_is_offered_is_that_country(language):
    with translation.override(language):
        told = {name: countries.name_of(countries.code_of(name)) for name in countries.names()}

    assert len(told) > 240
    assert told == {name: name for name in told}
