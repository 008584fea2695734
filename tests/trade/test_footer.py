"""Numbers at the foot of a page, as a visitor sees them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade import Refused, footer
from trade.footer import VERDICTS, inspect, lines, notes

PATIENCE = 8  # seconds of this process; what grows faster than its input takes minutes

N = "京ICP备12345678号-1"
PSB = "京公网安备11000002999901号"


def linked(text=N, href="https://beian.miit.gov.cn/"):
    return f'<a href="{href}">{text}</a>'


PAGES = [
    (linked(), "ok"),
    (linked(href="http://www.miibeian.gov.cn"), "wrong_link"),
    (linked("京ICP备12345678号"), "wrong_number"),
    (f'<footer style="display:none">{linked()}</footer>', "hidden"),
    (f"<p>{N}</p>", "not_linked"),
    ("<p>hello</p>", "missing"),
    ("", "missing"),
    (f"<!-- {linked()} -->", "missing"),
    (f"<script>var n = '{N}'</script>", "missing"),
    (f"<style>/* {N} */</style>", "missing"),
    (f"<template>{linked()}</template>", "missing"),
    (f"<noscript>{linked()}</noscript>", "missing"),
    (f"<head><title>{N}</title></head>", "missing"),
    (f'<a title="{N}" href="https://beian.miit.gov.cn/">x</a><img alt="{N}">', "missing"),
    (linked("京<b>ICP</b>备&nbsp;１２３４<i>５６７８</i>号 - 1"), "ok"),
    (linked(href="//beian.miit.gov.cn/#/Integrated/index"), "ok"),
    (linked(href=" HTTP://BEIAN.MIIT.GOV.CN/ "), "ok"),
    (linked(href="https://www.beian.miit.gov.cn"), "ok"),
    (linked(href="beian.miit.gov.cn"), "wrong_link"),
    (linked(href="https://www.miitbeian.gov.cn"), "wrong_link"),
    (linked(href="https://beian.miit.gov.cn.evil.test/"), "wrong_link"),
    (linked(href="https://beian.miit.gov.cn@evil.test/"), "wrong_link"),
    (linked(href="https://evil.test\\@beian.miit.gov.cn/"), "wrong_link"),
    (linked(href="https://beian-miit.gov.cn/"), "wrong_link"),
    (linked(href="javascript:alert(1)//beian.miit.gov.cn"), "wrong_link"),
    (linked(href=""), "wrong_link"),
    (f"<a>{N}</a>", "not_linked"),
    (f"<p hidden>{linked()}</p>", "hidden"),
    (f'<p style="visibility: HIDDEN !important">{linked()}</p>', "hidden"),
    (f'<p style="opacity:0.0">{linked()}</p>', "hidden"),
    (f'<p style="font-size:0px">{linked()}</p>', "hidden"),
    (f'<p style="font-size:0.8em;opacity:.5">{linked()}</p>', "ok"),
    (f'<p style="display:/* */none">{linked()}</p>', "hidden"),
    (f'<style>.x {{ color: red; display: none }}</style><p class="y x">{linked()}</p>', "hidden"),
    (f'<p id="foot">{linked()}</p><style>a, #foot {{visibility:hidden}}</style>', "hidden"),
    (f'<style>p.x.y {{ opacity: 0 }}</style><p class="y x">{linked()}</p>', "hidden"),
    (f'<style>p.x.y {{ opacity: 0 }}</style><p class="x">{linked()}</p>', "ok"),
    (f'<style>@media print {{ .x {{ display: none }} }}</style><p class="x">{linked()}</p>', "ok"),
    (f'<style>.x {{display:none}}</style><p class="x" style="display:block">{linked()}</p>', "ok"),
    (f"<p hidden>{N}</p><p>沪ICP备12345678号-1</p>", "hidden"),
    (f"<p hidden>{N}</p>{linked()}", "ok"),
    (f"<p>{N}</p>{linked(href='/')}", "wrong_link"),
    (f"<p>{N}</p><p hidden>{linked()}</p>", "not_linked"),
    ("<p>沪ICP备12345678号-1</p>", "wrong_number"),
    ("<p hidden>沪ICP备12345678号-1</p>", "missing"),
    (linked("京ICP备12345678号-12"), "wrong_number"),
    (linked("京ICP备12345678号-1A"), "wrong_number"),
    (linked("京ICP备12345678-1"), "wrong_number"),
    (f"{linked()} 2026", "ok"),
    ("<p>京ICP备1234</p><p>5678号-1</p>", "missing"),
    (f"<div><p><b>{linked()}</div></i>", "ok"),
]


@pytest.mark.parametrize(("page", "verdict"), PAGES)
def test_verdict(page, verdict):
    found = inspect(f"<html><body>{page}</body></html>", N)

    assert found.verdict == verdict
    assert verdict == "ok" or found.problems[0].code == verdict
    assert all(str(problem.sentence).endswith(".") for problem in found.problems)


@pytest.mark.parametrize(
    ("expected", "shown", "verdict"),
    [
        ("粤ICP备2026000002号-2", "粤ICP备2026000002号", "ok"),
        ("粤ICP备2026000002号-2", "粤ICP备2026000002号-2", "ok"),
        ("粤ICP备2026000002号-2", "粤ICP备2026000002号-3", "wrong_number"),
        ("京ICP备12345678号", "京ICP备12345678号", "ok"),
        ("京ICP备12345678号", "京ICP备12345678号-1", "wrong_number"),
        ("京ICP证000001号", "京ICP证000001号", "ok"),
    ],
)
def test_the_suffix_counts_but_in_guangdong(expected, shown, verdict):
    assert inspect(linked(shown), expected).verdict == verdict


def psb(
    href="https://beian.mps.gov.cn/#/query/webSearch?code=11000002999901", inner=f'<img src="g.png">{PSB}'
):
    return linked() + f'<p><a href="{href}">{inner}</a></p>'


@pytest.mark.parametrize(
    ("page", "verdict", "codes"),
    [
        (psb(), "ok", []),
        (psb(inner=PSB), "ok", ["psb_no_logo"]),
        (
            psb("http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=11000002999901"),
            "ok",
            ["psb_old_link"],
        ),
        (psb("https://beian.mps.gov.cn/"), "wrong_link", ["psb_wrong_link"]),
        (psb("https://evil.test/11000002999901"), "wrong_link", ["psb_wrong_link"]),
        (psb(inner="京公网安备11000002999902号"), "wrong_number", ["psb_wrong_number"]),
        (linked() + PSB, "not_linked", ["psb_not_linked"]),
        (linked() + f"<p hidden>{PSB}</p>", "hidden", ["psb_hidden"]),
        (linked(), "missing", ["psb_missing"]),
        (N + PSB, "not_linked", ["not_linked"]),
    ],
)
def test_the_public_security_number_comes_second(page, verdict, codes):
    found = inspect(page, N, PSB)

    assert (found.verdict, [problem.code for problem in found.problems]) == (verdict, codes)


@pytest.mark.parametrize(
    ("icp", "public", "licence"),
    [
        (N, "", ""),
        (N, PSB, ""),
        (N, PSB, "京B2-20260001"),
        (N, PSB, "京ICP证000001号"),
        ("粤ICP备2026000002号", "粤公网安备44000002999901号", ""),
    ],
)
def test_the_lines_to_paste_pass_without_a_word(icp, public, licence):
    page = "".join(line.html for line in lines(icp, public, licence))

    assert inspect(f"<footer>{page}</footer>", icp, public or None) == ("ok", [])


@pytest.mark.parametrize(
    ("number", "service", "said"),
    [
        (N, "website", []),
        ("京ICP备12345678号", "website", [footer.SITE_ALONE]),
        ("粤ICP备2026000002号-1", "website", [footer.SUBJECT_IS_AS_GOOD]),
        ("粤ICP备2026000002号", "website", [footer.SUBJECT_IS_AS_GOOD]),
        ("京ICP备12345678号-2A", "app", [footer.IN_THE_APP]),
        ("", "website", []),
    ],
)
def test_what_is_said_of_a_number_follows_its_province_and_service(number, service, said):
    assert notes(number, service) == said


@pytest.mark.parametrize(
    ("icp", "public", "field"), [("京ICP备1号", None, "icp_number"), (N, "沪公网安备1号", "psb_number")]
)
def test_a_number_that_is_none_is_refused(icp, public, field):
    with pytest.raises(Refused) as refusal:
        inspect("", icp, public)

    assert refusal.value.field == field


HOSTILE = {
    "200,000 nested tags": "<i>" * 130_000,
    "one letter": "x" * 400_000,
    "wrong ends": "<b></i>" * 60_000,
    "blocks": "<p>" * 130_000,
    "comments": "<!--" * 100_000,
    "attributes": "<a " + " ".join(f"a{n}=1" for n in range(40_000)) + ">",
    "numbers": "京ICP备1" * 60_000,
    "digits apart": "京ICP备" + "1 " * 200_000,
    "rules": "<style>"
    + "".join(f".a.b{n}{{display:none}}" for n in range(3_000))
    + "</style>"
    + '<p class="a">' * 20_000,
    "css comments": "<style>" + "/*" * 200_000,
    "braces": "<style>" + "{" * 400_000,
    "split": "<p>京ICP备12345678号-" + "<b>1</b>" * 40_000,
    "pictures": "<img>" * 80_000 + N * 100,
    "signs": "<&" * 200_000,
    "surrogates": "\ud800\x00" * 1000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_answered_within_a_second(name):
    begun = time.process_time()

    try:
        verdict = inspect(HOSTILE[name], N).verdict
    except Refused as refusal:
        verdict = refusal.code

    assert verdict in (*VERDICTS, "too_deep")
    assert time.process_time() - begun < PATIENCE


def test_a_page_above_512_kb_is_refused():
    with pytest.raises(Refused):
        inspect("x" * (512 * 1024 + 1), N)


@given(st.text(max_size=200) | st.text("<>/ap=\"'!-style京ICP备12345678号-1{}.;:&#", max_size=300))
def test_no_page_is_too_strange(page):
    assert inspect(page, N).verdict in VERDICTS
