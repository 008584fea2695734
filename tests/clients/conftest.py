import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def fresh_counters():
    """The limits of sign-in count in the shared cache; each test begins at nought."""
    cache.clear()


@pytest.fixture
def code_in(mailoutbox):
    """The code in the newest mail to an address."""
    import re

    def find(address: str) -> str:
        mail = next(mail for mail in reversed(mailoutbox) if mail.to == [address])
        return re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", mail.body).group()

    return find
