"""People and clients of the tests, all made up. Call inside a sight that may write (`sight.every_client()`)."""

from __future__ import annotations

import itertools

from clients.models import Client, Membership, Role, User

PASSWORD = "Nine-lanterns-42"
_numbers = itertools.count(1)


def make_client(name: str = "", name_zh: str = "") -> Client:
    """A client; two of the same name are two clients."""
    return Client.objects.create(name=name or f"Client {next(_numbers)} Ltd", name_zh=name_zh)


def make_person(
    email: str = "",
    *,
    name: str = "",
    role: str = Role.CONTACT,
    client: Client | None = None,
    password: str | None = PASSWORD,
    **fields,
) -> User:
    """A person with one membership; without a password they have a code or a passkey only."""
    user = User.objects.create_user(
        email or f"person{next(_numbers)}@people.example", password, name=name, **fields
    )
    Membership.objects.create(user=user, client=client, role=role)
    return user
