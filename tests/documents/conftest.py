"""Imports wait for the fixtures: this file is read before the settings know where the servers are."""

import pytest


@pytest.fixture
def cast(every_client, store):
    from tests.documents.cast import make_cast

    return make_cast()


@pytest.fixture
def as_person(client):
    """An API caller: `as_person(cast.ada)("get", "/documents/…")`."""
    from clients.tokens import new_token

    def enter(user):
        token, _row = new_token(user)

        def call(method: str, path: str, body=None):
            sent = {} if method == "get" else {"data": body, "content_type": "application/json"}
            return getattr(client, method)(
                f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}, **sent
            )

        return call

    return enter


@pytest.fixture
def lasting_cast(transactional_db, store):
    """The same people in rows that other threads and processes see; whoever looks at them opens a sight."""
    from clients.sight import every_client
    from tests.documents.cast import make_cast

    with every_client():
        return make_cast()
