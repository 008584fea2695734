"""What a person may type into one line: no control signs, no signs that turn the direction of reading."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
ALLOWED = {"\u200c", "\u200d"}  # joiners that some scripts need

NOT_PLAIN = _("Use letters, digits and ordinary signs only, in one line.")
NOT_EMAIL = _("Write an e-mail address like name@company.com.")


def is_plain(text: str) -> bool:
    """A header of a mail and a page can both carry it."""
    return all(sign in ALLOWED or unicodedata.category(sign) not in FORBIDDEN for sign in text)


def validate_line(text: str) -> None:
    """For fields of forms."""
    if not is_plain(text):
        raise ValidationError(NOT_PLAIN, code="not_plain")


def tidy(text: object) -> str:
    """NFC, without blanks around."""
    return unicodedata.normalize("NFC", str(text or "")).strip()


def tidy_address(text: object) -> str:
    """An address in the one way we keep it; raises `ValidationError` for what is none."""
    address = tidy(text).lower()
    if len(address) > 254 or not is_plain(address):
        raise ValidationError(NOT_EMAIL)
    validate_email(address)
    return address


def mask_address(address: str) -> str:
    """a***@harbour.example: enough to know one's own, too little for a stranger."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***{at}{domain}"
