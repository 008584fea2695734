"""Who stands behind a session: allauth's backend, finding person and memberships by one kept statement."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import BigAutoField

from clients.kept import Kept
from clients.models import User

_PERSON: Kept[User] = Kept(
    lambda key: User.objects.with_places().filter(pk=key), is_scoped=False, key=BigAutoField()
)


class PersonBackend(AuthenticationBackend):
    def get_user(self, user_id: int) -> User | None:
        found = _PERSON(key=int(user_id))
        return found[0] if found and self.user_can_authenticate(found[0]) else None
