"""A sentence that promises a span reads it from the rules: an edit in Settings leaves no sentence behind."""

from __future__ import annotations

import dataclasses
import re

import pytest
from django.utils import translation

from cases import questions, spans
from runner import ROOT
from tests.trade.test_book import edition
from trade import book
from trade.amounts import AMOUNTS
from trade.clocks import CLOCKS, USUAL

COUNTED = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|ten|twenty|thirty|sixty) (?:working |calendar )?"
    r"(?:hours?|days?|months?|years?)\b"
)
# Limits and looks of the portal itself.
OURS = (
    "Nothing falls due in the next three working days.",
    "red from three days on",
    "That was much for one hour.",
    "Too many codes for one day.",
    "What happened since waits for thirty days",
)
SAID = re.compile(
    r"""(?:\b_|gettext_lazy)\(\s*((?:"[^"]*"\s*)+)|translate "([^"]*)"|blocktranslate[^%]*%\}(.*?)\{% end""",
    re.S,
)


@pytest.mark.parametrize(
    ("kind", "row", "columns", "said", "words"),
    [
        ("clocks.clock", CLOCKS["sms_code"], {"n": 48}, lambda: spans.of_clock("sms_code"), "48 hours"),
        ("clocks.clock", CLOCKS["psb_filing"], {"n": 1}, lambda: spans.of_clock("psb_filing"), "1 day"),
        ("clocks.clock", CLOCKS["photo"], {"n": 4}, lambda: spans.of_clock("photo"), "4 working days"),
        (
            "clocks.usual",
            USUAL["provider_pre_audit"],
            {"n": None},
            lambda: spans.usual("provider_pre_audit"),
            "2 working days",
        ),
        (
            "amounts.amount",
            AMOUNTS["id_months_left"],
            {"n": 6},
            lambda: str(questions.HELP["head.id_valid_until"]),
            "It must run for more than 6 months still.",
        ),
        (
            "amounts.amount",
            AMOUNTS["commercial_years"],
            {"n": 10},
            lambda: spans.years("commercial_years"),
            "10 years",
        ),
    ],
)
def test_an_edited_rule_is_what_sentences_say(kind, row, columns, said, words):
    other = edition(kind, dataclasses.replace(row, **columns))

    with book.using(other.on()), translation.override("en"):
        assert said() == words


def test_the_sms_comes_as_fast_as_the_provider_hands_over():
    with translation.override("en"):
        assert spans.until_the_sms("aliyun").endswith(" minutes")


def test_no_sentence_of_a_case_counts_days_by_itself():
    found = []
    for folder in ("cases", "documents/views", "notifications", "templates/cases", "templates/notifications"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".py", ".html", ".txt") or {"migrations", "management"} & set(path.parts):
                continue
            for said in SAID.findall(path.read_text(encoding="utf-8")):
                text = " ".join(said)
                if COUNTED.search(text) and not any(ours in text for ours in OURS):
                    found.append(f"{path.relative_to(ROOT)}: {text.strip()[:120]}")

    assert not found, "say it by cases.spans, from the rules"
