"""Kinds of filing (备案类型)."""

from __future__ import annotations

import pytest

from trade import Refused
from trade.filing import filing_kind
from trade.kinds import FILING_KINDS

TABLE = [
    ({}, "first"),
    ({"subject_filed": "no", "domain_filed": "no"}, "first"),
    ({"subject_filed": "here"}, "add_service"),
    ({"subject_filed": "elsewhere", "service": "app"}, "add_service"),
    ({"subject_filed": "shell", "province": "SH"}, "add_service"),
    ({"subject_filed": "shell", "province": "GD"}, "cancel_subject"),
    ({"subject_filed": "shell", "province": "GD", "domain_filed": "elsewhere"}, "add_access"),
    ({"subject_filed": "here", "domain_filed": "elsewhere"}, "add_access"),
    ({"subject_filed": "elsewhere", "domain_filed": "here"}, "none"),
    ({"domain_filed": "here"}, "none"),
    ({"domain_filed": "other_subject"}, "blocked"),
    ({"subject_filed": "here", "domain_filed": "other_subject"}, "blocked"),
    ({"intent": "change", "change_of": ["subject"]}, "change_subject"),
    ({"intent": "change", "change_of": ["service"]}, "change_service"),
    ({"intent": "change", "change_of": ["access"]}, "change_access"),
    ({"intent": "change", "change_of": ["access", "access"]}, "change_access"),
    ({"intent": "change", "change_of": ["subject", "service"]}, "change_all"),
    ({"intent": "change", "change_of": ["subject", "service", "access"]}, "change_all"),
    ({"intent": "cancel", "cancel_of": "subject"}, "cancel_subject"),
    ({"intent": "cancel", "cancel_of": "service"}, "cancel_service"),
    ({"intent": "cancel", "cancel_of": "access"}, "cancel_access"),
    ({"intent": "cancel", "cancel_of": ["access"]}, "cancel_access"),
    ({"intent": "move_to_subject", "subject_kind": "enterprise"}, "migrate"),
    ({"intent": "move_to_subject", "subject_kind": "individual"}, "blocked"),
    ({"intent": "move_to_subject", "service": "app"}, "blocked"),
    ({"intent": "cancel", "cancel_of": "access", "filing_kind": "first"}, "first"),
]


def test_the_table_has_twenty_filings_and_every_kind():
    assert len({repr(facts) for facts, _kind in TABLE}) >= 20
    assert {kind for _facts, kind in TABLE} == set(FILING_KINDS)


@pytest.mark.parametrize(("facts", "kind"), TABLE)
def test_the_kind_follows_from_the_facts(facts, kind):
    assert filing_kind(facts) == kind


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"intent": "sell"}, "intent"),
        ({"subject_filed": True}, "subject_filed"),
        ({"change_of": ["colour"]}, "change_of.0"),
        ({"change_of": 7}, "change_of"),
        ({"filing_kind": "second"}, "filing_kind"),
    ],
)
def test_an_unknown_code_is_refused_by_its_field(facts, field):
    with pytest.raises(Refused) as refusal:
        filing_kind(facts)

    assert refusal.value.field == field
