"""Opaque names for everything that stands in an address; no two things of any kind share one."""

import secrets

# Crockford's letters: no I, L, O, U, so that a reference survives a telephone.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference(prefix: str, size: int = 12) -> str:
    """A fresh reference, `<prefix>-<random>`; the prefix keeps the kinds apart, five random bits a letter."""
    return f"{prefix}-" + "".join(LETTERS[byte & 31] for byte in secrets.token_bytes(size))


def client_reference() -> str:
    return new_reference("C", 10)


def case_reference() -> str:
    return new_reference("F", 8)


def requirement_reference() -> str:
    return new_reference("R")


def invitation_reference() -> str:
    return new_reference("I")


def member_reference() -> str:
    return new_reference("M")


def user_reference() -> str:
    return new_reference("P", 10)


def token_reference() -> str:
    return new_reference("T")
