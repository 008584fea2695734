"""The demo shows every answer to "whose move is it", and each by the services that everybody uses."""

from __future__ import annotations

import pytest

from cases.models import Case
from cases.models.case import WaitingOn
from clients import sight
from documents.demo import building, people


@pytest.mark.parametrize(
    ("stand", "waits_on"), [("psb_wait", "psb"), ("commercial_wait", "commercial_authority")]
)
def test_a_filing_handed_in_waits_on_the_authority(agency, store, monkeypatch, stand, waits_on):
    (story,) = [one for one in people.CASES if one[2] == stand][:1]
    monkeypatch.setattr(people, "CASES", [story])

    assert building.build() == 1

    with sight.every_client():
        case = Case.objects.get()
        assert (case.waiting_on, case.domain_name) == (waits_on, story[1])
        assert case.due_at is not None


def test_the_demo_waits_on_everybody_somewhere(portal):
    """Forty cases and more over every stage; nobody is never asked."""
    found = {waits_on for (waits_on,) in portal.sql("SELECT DISTINCT waiting_on FROM cases_case")}

    assert found == set(WaitingOn.values)
    assert portal.sql("SELECT count(*) FROM cases_case")[0][0] >= 40
