"""A new house has nobody who could invite its first administrator."""

import pytest
from django.core.management import CommandError, call_command

from clients import sight
from clients.models import Invitation, Membership

pytestmark = pytest.mark.django_db


def test_the_first_administrator_is_invited_and_only_the_first(capsys):
    call_command("first_administrator", "Lin@agency.example", "--name", "Lin")

    with sight.every_client():
        assert Membership.objects.get(user__email="lin@agency.example").role == "administrator"
        assert Invitation.objects.get(email="lin@agency.example").is_open
    with pytest.raises(CommandError, match="already"):
        call_command("first_administrator", "mallory@elsewhere.example")
