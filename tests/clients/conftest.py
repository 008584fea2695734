import pytest


@pytest.fixture
def code_in(mailoutbox):
    """The code in the newest mail to an address."""
    import re

    def find(address: str) -> str:
        mail = next(mail for mail in reversed(mailoutbox) if mail.to == [address])
        return re.search(r"\b[A-Z]{4}-[A-Z]{4}\b", mail.body).group()

    return find
