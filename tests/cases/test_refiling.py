"""A client gets another name: its cases are found by it, thousands of them too, and no longer by the old one."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from cases import search
from cases.models import Case
from cases.queries import Filters, page_of_cases
from cases.services import refiling
from cases.services.changing import change_facts
from cases.services.moves import move_case
from cases.services.opening import open_case
from cases.tasks import refile_renamed
from clients import sight
from clients.models import AuditEvent, Client
from clients.services.renaming import rename_client
from clients.spelling import filed
from clients.words import sentence_of
from tests.pages.desk.cast import moved, opened, ready


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


@pytest.fixture
def by_the_index(monkeypatch):
    """A search walks along no case."""
    for name in ("NEAR", "FAR"):
        monkeypatch.setattr(f"cases.queries.{name}", 0)


def test_a_case_is_found_by_what_it_holds_now_and_by_nothing_else(agency, mei, harbour, by_the_index):
    case = moved(ready(opened(harbour, mei), mei), mei, "submit", "pass_pre_audit", "finish_photo")
    lasting = [case.reference, "Harbour Ltd", "港湾有限"]
    assert [word for word in [*lasting, "harbour.example", "ICP备2026", "177701"] if found(mei, word)] == [
        *lasting,
        "harbour.example",
    ]

    case = moved(case, mei, "grant_licence")
    with sight.every_client():
        assert mei.standing.is_manager
        change_facts(case, {"domain": {"name": "pier.example"}}, by=mei)
        data = {"icp_number": "沪ICP备2026177701号-1"}
        move_case(case, "correct", by=mei, data=data, note="As the letter says")

    for word in (*lasting, "pier.example", "沪ICP备2026177701号", "177701", "177"):
        assert found(mei, word) == {case.reference}, word
    for word in ("harbour.example", "2026000001"):
        assert found(mei, word) == set(), word


def test_cases_from_before_are_filed_by_the_migration(cases, mei, by_the_index, monkeypatch):
    migration = import_module("cases.migrations.0020_filed_under")
    monkeypatch.setattr(migration, "BATCH", 3)
    with sight.every_client():
        assert mei.standing.is_manager
        Case.objects.update(filed_under="")
    assert found(mei, "site") == set()

    with sight.every_client():  # the role that it takes goes with its end
        migration.file_all(None, SimpleNamespace(connection=connection))

    assert found(mei, "site") == {one.reference for one in cases}
    assert found(mei, "港湾") == {one.reference for one in cases[:3]}


def test_clients_from_before_are_filed_by_their_sound_and_then_their_cases(
    cases, mei, harbour, lotus, by_the_index, monkeypatch
):
    """As a database was that knew no sounds; a kill in the middle is made up for by the next start."""
    migration = import_module("clients.migrations.0020_filed_by_sound")
    monkeypatch.setattr(migration, "BATCH", 1)
    with sight.every_client():
        assert mei.standing.is_manager
        Client.objects.filter(pk=lotus.pk).update(name_zh="")
        Client.objects.update(filed_under="")
        for case in Case.objects.select_related("client"):
            words = search.joined((case.reference, case.domain_name, case.client.name, case.client.name_zh))
            Case.objects.filter(pk=case.pk).update(filed_under=words)
    harbours = {one.reference for one in cases[:3]}
    assert (found(mei, "gangwan"), found(mei, "港湾")) == (set(), harbours)

    for _again in range(2):
        with sight.every_client():  # the role that it takes goes with its end
            migration.file_all(None, SimpleNamespace(connection=connection))
    assert refiling.renamed_clients() == [harbour.pk]
    refile_renamed()

    assert found(mei, "gangwan") == found(mei, "gang wan") == found(mei, "港湾") == harbours
    assert refiling.renamed_clients() == []
    with sight.every_client():
        for client in Client.objects.all():
            filed = client.filed_under
            client.save()
            assert client.filed_under == filed
        case = Case.objects.select_related("client").first()
        assert case.filed_under == search.filed_under(case, case.client)


def test_a_new_name_is_found_by_its_sound(cases, mei, harbour, by_the_index):
    with sight.every_client():
        assert mei.standing.is_manager
        rename_client(harbour, name="Tea Talk Ltd", name_zh="茶语有限公司", by=mei)
    assert found(mei, "chayu") == set()

    refile_renamed()

    harbours = {one.reference for one in cases[:3]}
    assert found(mei, "cha yu") == found(mei, "ChaYu") == found(mei, "tea talk") == harbours
    assert found(mei, "gangwan") == found(mei, "gang wan") == set()


def test_clients_named_by_a_process_of_the_version_before_are_filed_and_then_their_cases(
    cases, mei, harbour, lotus, by_the_index, monkeypatch
):
    """It made one without filing it, and gave another a new name under the old words."""
    monkeypatch.setattr(refiling, "BATCH", 2)
    with sight.every_client():
        assert mei.standing.is_manager
        nameless = [Client.objects.create(name=name) for name in ("---", "…")]
        Client.objects.filter(pk=harbour.pk).update(filed_under="")
        lotus_is = {"name": "Tea Talk Ltd", "name_zh": "茶语有限公司", "renamed_at": timezone.now()}
        Client.objects.filter(pk=lotus.pk).update(**lotus_is)
        for case in Case.objects.select_related("client"):
            Case.objects.filter(pk=case.pk).update(filed_under=search.filed(case.domain_name, client=""))
    assert found(mei, "gangwan") == found(mei, "chayu") == set()

    refile_renamed()

    assert found(mei, "gangwan") == found(mei, "harbour") == {one.reference for one in cases[:3]}
    assert found(mei, "chayu") == {cases[3].reference}
    assert refiling.renamed_clients() == [] and refiling.file_unfiled() == 0
    with sight.every_client():
        for client in Client.objects.exclude(pk__in=[one.pk for one in nameless]):
            assert client.filed_under == filed(client.name, client.name_zh)


def test_refiling_writes_only_what_is_left(cases, mei, harbour, monkeypatch):
    """So one that was killed in the middle is made up for, and one beside it does nothing twice."""
    monkeypatch.setattr(refiling, "BATCH", 2)
    with sight.every_client():
        assert mei.standing.is_manager
        rename_client(harbour, name="Quayside Ltd", by=mei)
        case = Case.objects.select_related("client").get(pk=cases[0].pk)
        Case.objects.filter(pk=case.pk).update(filed_under=search.filed_under(case, case.client))

    assert refiling.refile(harbour.pk) == 2
    assert refiling.refile(harbour.pk) == 0


def test_the_longest_name_fits_the_index(agency, mei, by_the_index):
    """One sign may become eighteen."""
    with sight.every_client():
        client = Client.objects.create(name="ﷺ" * 200, name_zh="\U00020000" * 200)
        case = opened(client, mei, domain="pier.example")

    assert found(mei, "pier.example") == found(mei, "ﷺﷺ") == {case.reference}


def test_named_once_more_meanwhile_it_stays_marked(cases, mei, harbour, monkeypatch):
    with sight.every_client():
        assert mei.standing.is_manager
        rename_client(harbour, name="Quayside Ltd", by=mei)
    filed_under = refiling.search.filed_under

    def slowly(case, client):
        with sight.every_client():
            rename_client(harbour, name=f"Pier {case.pk} Ltd", by=mei)
        return filed_under(case, client)

    monkeypatch.setattr(refiling.search, "filed_under", slowly)
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
