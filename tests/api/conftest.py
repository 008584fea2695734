"""Fixtures of the API's tests; models are imported when asked for, for pytest may read this before the settings."""

from __future__ import annotations

import pytest


@pytest.fixture
def case(harbour, mei, agency):
    """Harbour's filing, all facts given, in draft."""
    from tests.api.filings import make_case

    return make_case(harbour, mei)


@pytest.fixture
def neighbour(lotus, mei, agency):
    """Lotus's filing."""
    from tests.api.filings import lotus_facts, make_case

    return make_case(lotus, mei, **lotus_facts())


@pytest.fixture
def at_stage(case, mei):
    """`at_stage("photo")` is Harbour's filing after it went along the road that far."""
    from tests.api.filings import drive

    return lambda stage: drive(case, stage, mei)
