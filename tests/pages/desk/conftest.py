"""A case of Harbour's, one of Lotus's that could leak, and a browser in which Mei is signed in."""

from __future__ import annotations

import pytest


@pytest.fixture
def case(agency, harbour, mei):
    """Harbour's case in draft, all facts given, no paper sent."""
    from tests.pages.desk.cast import opened

    return opened(harbour, mei)


@pytest.fixture
def lotus_case(agency, lotus, mei):
    """Lotus always has a row that could leak."""
    from tests.pages.desk.cast import opened

    return opened(lotus, mei, domain="lotus.example")


@pytest.fixture
def desk(agency, mei, as_page):
    return as_page(mei)
