"""The cast: Mei, Wen and Root at the agency, Ada and Ann at Harbour, Bo at Lotus; and ways to speak as one of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import translation

from clients import sight
from clients.models import Agency, Client, Membership, User
from clients.tokens import new_token
from tests.factories import make_client, make_person


@pytest.fixture(autouse=True)
def _own_cache():
    """What is kept and counted there, the agency's row and the calls of a minute, is no other test's."""
    cache.clear()


@pytest.fixture(autouse=True)
def _own_language():
    """No test speaks the language that a page of the one before it was read in."""
    yield
    translation.deactivate()


@pytest.fixture
def agency(db) -> Agency:
    """The house's row; a transactional test before may have emptied the table."""
    with sight.every_client():
        row, _ = Agency.objects.update_or_create(
            pk=1, defaults={"name": "Willow Filing", "name_zh": "柳树备案"}
        )
    return row


@pytest.fixture
def harbour(db) -> Client:
    with sight.every_client():
        return make_client("Harbour Ltd", "港湾有限公司")


@pytest.fixture
def lotus(db) -> Client:
    """Always there with a row that could leak."""
    with sight.every_client():
        return make_client("Lotus Ltd", "莲花有限公司")


def _person(*args, **fields) -> User:
    with sight.every_client():
        return make_person(*args, **fields)


@pytest.fixture
def root(db) -> User:
    """The agency's administrator."""
    return _person("root@willow.example", name="Root", role="administrator")


@pytest.fixture
def mei(db) -> User:
    """The agency's manager."""
    return _person("mei@willow.example", name="Mei", role="manager")


@pytest.fixture
def wen(db) -> User:
    """A specialist at the agency."""
    return _person("wen@willow.example", name="Wen", role="specialist")


@pytest.fixture
def lim(harbour) -> User:
    """A specialist who sees Harbour and no other client."""
    user = _person("lim@willow.example", name="Lim", role="limited_specialist")
    with sight.every_client():
        Membership.objects.create(user=user, client=harbour, role="assigned")
    return user


@pytest.fixture
def ada(harbour) -> User:
    """Harbour's contact."""
    return _person("ada@harbour.example", name="Ada", role="contact", client=harbour)


@pytest.fixture
def ann(harbour) -> User:
    """Harbour's responsible person."""
    return _person("ann@harbour.example", name="Ann", role="responsible", client=harbour)


@pytest.fixture
def bo(lotus) -> User:
    """Lotus's contact."""
    return _person("bo@lotus.example", name="Bo", role="contact", client=lotus)


def browser_of(user: User, *, signed_in_ago: float = 0, **options) -> Browser:
    """A browser in which this person signed in so many seconds ago."""
    browser = Browser(**options)
    with sight.at_the_door():
        browser.force_login(user)
        session = browser.session
        at = time.time() - signed_in_ago
        session["account_authentication_methods"] = [
            {"method": "password", "at": at, "email": user.email, "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    return browser


class Caller:
    """Speaks to the API with a bearer token: `.get("/clients")`, `.post("/cases", {…}, if_match='"3"')`."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.browser = Browser()

    def _call(self, method: str, path: str, body: Any = None, **headers):
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        more = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.browser.generic(
            method.upper(),
            path if path.startswith("/api/") else f"/api/v1{path}",
            headers={"Authorization": f"Bearer {self.token}", **told},
            **more,
        )

    def get(self, path: str, **headers):
        return self._call("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers):
        return self._call("post", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any = None, **headers):
        return self._call("patch", path, {} if body is None else body, **headers)

    def put(self, path: str, body: Any = None, **headers):
        return self._call("put", path, {} if body is None else body, **headers)

    def delete(self, path: str, **headers):
        return self._call("delete", path, **headers)


@pytest.fixture
def as_page(db) -> Callable[..., Browser]:
    """`as_page(mei)` is a browser in which Mei is signed in."""
    return browser_of


@pytest.fixture
def as_api(db) -> Callable[..., Caller]:
    """`as_api(mei)` speaks with a fresh token of Mei's; `can_write=False` and the like narrow it."""

    def make(user: User, **scope) -> Caller:
        with sight.every_client():
            token, _ = new_token(user, **scope)
        return Caller(token)

    return make
