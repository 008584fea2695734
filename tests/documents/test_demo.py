"""The demo shows every answer to "whose move is it", and each by the services that everybody uses."""

from __future__ import annotations

from cases.models import Case
from cases.models.case import WaitingOn
from clients import sight
from documents.demo import building, people


def test_a_filing_handed_in_waits_on_the_authority(agency, store, monkeypatch):
    waits = {"psb_wait": "psb", "commercial_wait": "commercial_authority"}
    stories = [next(one for one in people.CASES if one[2] == stand) for stand in waits]
    monkeypatch.setattr(people, "CASES", stories)

    assert building.build() == 2

    with sight.every_client():
        for _client, domain, stand, *_rest in stories:
            case = Case.objects.get(domain_name=domain)
            assert case.waiting_on == waits[stand]
            assert case.due_at is not None


def test_the_demo_waits_on_everybody_somewhere(portal):
    """Forty cases and more over every stage; nobody is never asked."""
    found = {waits_on for (waits_on,) in portal.sql("SELECT DISTINCT waiting_on FROM cases_case")}

    assert found == set(WaitingOn.values)
    assert portal.sql("SELECT count(*) FROM cases_case")[0][0] >= 40
