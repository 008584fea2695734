"""How allauth behaves in this house."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is by invitation only; the agency makes the account when it invites."""

    def is_open_for_signup(self, request) -> bool:
        return False


class FactorAdapter(DefaultMFAAdapter):
    """Second factors and passkeys."""
