"""The harness itself: what one test wrote, the next does not see, and what a migration wrote is always there."""

import subprocess
import sys

import pytest

from clients import sight
from clients.models import Agency, Client
from runner import ROOT, ports
from tests.factories import make_client


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_transactional_test_finds_what_migrations_wrote_and_nothing_else(turn):
    with sight.every_client():
        assert Client.objects.count() == 0
        agency = Agency.objects.get()
        assert agency.name != "changed"

        make_client("Harbour Ltd", "港湾有限公司")
        Agency.objects.filter(pk=agency.pk).update(name="changed")


def test_the_tests_log_in_as_the_portal_does(db):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user, current_user")
        assert cursor.fetchone() == ("portal_web", "portal_web")


@pytest.mark.parametrize("turn", [1, 2])
def test_the_cache_of_the_test_before_is_not_seen(turn):
    from clients.keeping import is_within, keep, recall

    assert recall("left") is None
    assert is_within("calls", "somebody", 1)

    keep("left", "by another", 60)


@pytest.mark.xdist_group("together")
def test_those_who_share_something_dear_share_a_worker(request):
    """A worker is sent whole groups by the end of their names; without it each worker starts a portal of its own."""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("one process runs everything")
    assert request.node.nodeid.endswith("@together")


def test_two_that_choose_at_once_never_choose_the_same_port():
    """A server opens its port seconds after it was chosen; until then nobody else may take the free number."""
    port = ports.choose(set())
    assert ports.is_free(port)
    other = "from runner import ports; print(ports.choose(set(), before={}))"
    told = subprocess.run(
        [sys.executable, "-c", other.format(port)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(told.stdout) != port
    freed = subprocess.run(
        [sys.executable, "-c", other.format(int(told.stdout))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert freed.stdout == told.stdout, "what its process no longer needs is free again"
