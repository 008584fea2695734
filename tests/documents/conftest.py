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
            return getattr(client, method)(
                f"/api/v1{path}",
                data=body,
                content_type="application/json",
                headers={"Authorization": f"Bearer {token}"},
            )

        return call

    return enter
