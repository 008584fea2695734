"""Statements in one trip answer what each would by itself, in the sight in which they were asked and in no other."""

from __future__ import annotations

import re

import psycopg
import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clients import sight
from clients.asking import asked, asked_ahead
from clients.models import Client, User
from clients.signs import sign
from tests.pages.desk.cast import moved, opened, ready

CLIENTS = ("SELECT name FROM clients_client ORDER BY name", [])
SIGNS = re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]*"')


@pytest.mark.parametrize(
    "path", ["/cases/", "/cases/?stage=draft&waiting_on=client", "/cases/?as=table&q=harb", "{case}"]
)
def test_a_page_in_one_trip_is_the_page_asked_bit_by_bit(as_page, harbour, mei, path):
    case = opened(harbour, mei)
    moved(ready(case, mei), mei, "submit", "return_for_changes")
    browser, path = as_page(mei), path.format(case=case.get_absolute_url())

    at_once = [browser.get(path).content.decode() for _again in range(2)][1]
    with CaptureQueriesContext(connection):
        bit_by_bit = browser.get(path).content.decode()

    assert "Harbour" in at_once
    assert SIGNS.sub("", at_once) == SIGNS.sub("", bit_by_bit)


def test_what_was_asked_ahead_is_known_in_its_sight_alone(harbour, lotus):
    with sight.every_client(), asked_ahead(CLIENTS):
        Client.objects.filter(pk=lotus.pk).update(name="Called otherwise since")
        with sight.some_clients([harbour.pk]):
            assert asked(*CLIENTS) == [(harbour.name,)]
        first, again = asked(*CLIENTS), asked(*CLIENTS)

    assert first == [(harbour.name,), (lotus.name,)]
    assert again == [("Called otherwise since",), (harbour.name,)]  # an answer is given once


def test_a_refusal_in_mid_trip_leaves_the_line_whole(harbour):
    with sight.every_client():
        with (
            pytest.raises(DataError),
            transaction.atomic(),
            asked_ahead(CLIENTS, ("SELECT 1 / %s::int", [0]), CLIENTS),
        ):
            pass

        assert asked(*CLIENTS) == [(harbour.name,)]


@pytest.mark.django_db(transaction=True)
def test_a_line_that_breaks_in_mid_trip_says_so(agency):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        connection.spoken.answers([("SELECT pg_terminate_backend(pg_backend_pid())", []), ("SELECT 1", [])])

    assert not connection.is_usable()
    connection.close()


@pytest.mark.parametrize("trouble", ["SELECT 1 / 0", "SELECT nothing FROM nowhere"])
def test_a_view_that_only_reads_takes_all_of_its_request_with_it(as_page, harbour, mei, monkeypatch, trouble):
    browser = as_page(mei)
    browser.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("cases.views.board.board_of", lambda *_args: asked(trouble))
        assert browser.get("/cases/?as=board").status_code == 500

    with sight.every_client():
        assert User.objects.get(pk=mei.pk).cases_as == "table"
    assert browser.get("/cases/?as=board").status_code == 200


def test_a_forms_sign_is_of_chance():
    signs = [sign() for _n in range(2000)]

    assert len(set(signs)) == 2000 and {len(one) for one in signs} == {32}
    assert len(set("".join(signs))) == 62
