"""The rules as rows, loaded; and the cast that edits them."""

from __future__ import annotations

import pytest


@pytest.fixture
def loaded(agency):
    """The shipped rules in the table; whatever the test edits is forgotten with it."""
    from clients import sight
    from clients.queries import forget_agency
    from rulebook.services import load_shipped

    with sight.every_client():
        yield load_shipped()
    forget_agency()
