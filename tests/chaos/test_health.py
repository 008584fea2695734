"""Each part stopped in turn: health names it, and goes back to well when it is back."""

import pytest

NAMED = {"store": "storage", "valkey": "broker", "postgres": "database"}


@pytest.mark.parametrize("part", NAMED)
def test_a_part_that_is_down_is_named(portal, part):
    portal.healed()

    portal.stop(part)
    status, body = portal.get("/healthz")
    portal.start(part)

    assert status == 503
    assert f'"{NAMED[part]}"'.encode() in body.split(b'"parts"')[0]
    portal.healed()


def test_beat_and_worker_are_heard_of_apart(portal):
    """Five minutes are too long to wait for here: that nobody is heard of after them is tried in tests/house."""
    portal.healed()
    _status, body = portal.get("/healthz")

    assert b'"beat"' in body
    assert b'"worker"' in body
