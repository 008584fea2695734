"""Made-up cases for measuring are like those that people make."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from cases import search
from cases.models import Case
from clients import sight, spelling
from clients.models import Client
from tests.conftest import _log_in


@pytest.mark.django_db(transaction=True)
def test_made_up_cases_are_filed_as_others_are(capsys):
    try:
        _log_in("DATABASE_OWNER_URL")
        call_command("fill", cases=120)
    finally:
        _log_in("DATABASE_URL")

    with sight.every_client():
        for client in Client.objects.all():
            assert client.filed_under == spelling.filed(client.name, client.name_zh)
        cases = list(Case.objects.select_related("client"))
        assert len(cases) == 120
        for case in cases:
            assert case.filed_under == search.filed_under(case, case.client)
