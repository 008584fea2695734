"""A client gets another name: its cases are found by it, thousands of them too, and no longer by the old one."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from cases.models import Case
from cases.queries import Filters, page_of_cases
from cases.services import refiling
from cases.services.opening import open_case
from cases.tasks import refile_renamed
from clients import sight
from clients.models import AuditEvent, Client
from clients.services.renaming import rename_client
from clients.words import sentence_of


@pytest.fixture
def cases(agency, harbour, lotus):
    with sight.every_client():
        return [
            open_case(client, by=None, given={"domain": {"name": f"site{number}.example"}})
            for number, client in enumerate((harbour, harbour, harbour, lotus))
        ]


def found(user, query: str) -> set[str]:
    with sight.sight_of(user):
        return {one.reference for one in page_of_cases(user, Filters(q=query), "", 50).items}


def test_cases_are_found_by_the_new_name_and_not_by_the_old(cases, mei, harbour, monkeypatch):
    monkeypatch.setattr(refiling, "BATCH", 2)
    harbours = {one.reference for one in cases[:3]}
    with sight.every_client():
        assert mei.standing.is_manager
        rename_client(harbour, name="Quayside Ltd", name_zh="码头有限公司", by=mei)

    refile_renamed()
    refile_renamed()

    assert found(mei, "quayside") == found(mei, "码头") == harbours
    assert found(mei, "harbour") == set()
    assert found(mei, "lotus") == {cases[3].reference}
    assert refiling.renamed_clients() == []


def test_named_once_more_meanwhile_it_stays_marked(cases, mei, harbour, monkeypatch):
    with sight.every_client():
        assert mei.standing.is_manager
        rename_client(harbour, name="Quayside Ltd", by=mei)
    pairs_of = refiling.search.pairs_of

    def slowly(case, client):
        with sight.every_client():
            rename_client(harbour, name=f"Pier {case.pk} Ltd", by=mei)
        return pairs_of(case, client)

    monkeypatch.setattr(refiling.search, "pairs_of", slowly)
    refiling.refile(harbour.pk)

    assert refiling.renamed_clients() == [harbour.pk]


def test_the_same_name_is_no_news(cases, mei, harbour):
    with sight.every_client():
        assert mei.standing.is_manager
        rename_client(harbour, name=harbour.name, name_zh=harbour.name_zh, by=mei)

        assert not AuditEvent.objects.filter(kind="client.renamed").exists()
        assert Client.objects.get(pk=harbour.pk).renamed_at is None


def test_a_page_renames_and_the_audit_tells(agency, as_page, mei, lim, ada, harbour):
    path, given = f"/clients/{harbour.reference}/name/", {"client-name": "Quayside Ltd", "client-name_zh": ""}
    assert as_page(lim).post(path, given).status_code == 403
    assert as_page(ada).post(path, given).status_code == 404
    empty = as_page(mei).post(path, {"client-name": "", "client-name_zh": "码头"})
    assert empty.status_code == 422 and "码头" in empty.content.decode()

    page = as_page(mei).post(path, given, follow=True).content.decode()

    assert "<h1>Quayside Ltd" in page
    with sight.every_client():
        event = AuditEvent.objects.get(kind="client.renamed")
    assert sentence_of(event) == "from Harbour Ltd to Quayside Ltd, from 港湾有限公司 to —"


def test_only_who_makes_clients_renames_them(agency, lim, harbour):
    with sight.every_client(), pytest.raises(PermissionDenied):
        rename_client(harbour, name="Mine Ltd", by=lim)
    with sight.every_client():
        assert Case.objects.count() == 0
