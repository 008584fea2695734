"""Calamities in one portal, and its health again after each of them."""

from __future__ import annotations

import contextlib
import os
import random
import signal
from collections.abc import Iterator

import pytest

from tests.journeys.stranger import Stranger
from tests.portal import Portal

PARTS = ("postgres", "valkey", "store", "mail", "worker", "beat", "web")


@pytest.fixture(scope="session")
def desk(portal) -> Stranger:
    portal.healed()
    return Stranger(portal, portal.token("manager@agency.example"))


@pytest.fixture(scope="session")
def colleague(portal) -> Stranger:
    portal.healed()
    return Stranger(portal, portal.token("staff@agency.example"))


@pytest.fixture(scope="session")
def harbour(portal) -> Stranger:
    portal.healed()
    return Stranger(portal, portal.token("client@harbour.example"))


@pytest.fixture(autouse=True)
def whole(request) -> Iterator[None]:
    """All parts are up before, and again after, whatever a test did to them."""
    portal: Portal = request.getfixturevalue("portal")
    portal.healed()
    yield
    for part in PARTS:
        if (portal.data / "hold" / part).exists():
            portal.start(part)
        if pid := portal.pid(part):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGCONT)
    portal.healed(180)


@pytest.fixture
def mark() -> str:
    """Four digits that tell this test's rows from others in the same portal."""
    return f"{random.SystemRandom().randrange(10_000):04d}"


@pytest.fixture
def draft(harbour) -> dict:
    """A filing of Harbour's that still collects its papers."""
    found = next(one for one in harbour.every("/cases?stage=draft") if not one["on_hold"])
    return harbour.case(found["reference"])


@pytest.fixture
def paper(draft) -> str:
    """Something that this filing asks for."""
    return next(one["id"] for one in draft["requirements"] if one["kind"] == "domain_certificate")
