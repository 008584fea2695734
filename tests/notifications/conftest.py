"""Harbour and its case, of whose beginning everybody has been told. Imports wait for the settings."""

import pytest


@pytest.fixture(autouse=True)
def _house(agency):
    """Each letter is the agency's."""


@pytest.fixture
def case(harbour, mei, ada):
    """Harbour's filing, in draft; of its beginning everybody has been told."""
    from cases.services.opening import open_case
    from clients import sight
    from notifications import services
    from tests.cases.test_road import FACTS

    with sight.every_client():
        made = open_case(harbour, by=mei, given=FACTS)
    services.relay_events()
    return made
