"""What both journeys stand on: the whole portal, and names that no other journey has."""

from __future__ import annotations

import random

import pytest


@pytest.fixture
def mark() -> str:
    """Four digits that tell this walk from others in the same portal."""
    return f"{random.SystemRandom().randrange(10_000):04d}"
