"""Pictures of a good example of each kind of paper: drawn specimens, nobody's."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

LICENCE = {
    "path": "img/examples/licence.svg",
    "alt": _("A certificate with frame, code and red seal, all four corners visible"),
}
CARD = {
    "path": "img/examples/permit.svg",
    "alt": _("Both sides of a card in one picture, all corners visible"),
}


def _signed(name: str, alt: Any) -> dict[str, Any]:
    return {"path": f"img/examples/{name}.svg", "alt": alt}


_FORM = _("A form filled in by hand, signed, with a whole round red seal over the date")
_LETTER = _("A letter filled in by hand, signed, with a whole round red seal over the date")

PICTURES: dict[str, dict[str, Any]] = {
    "passport": {
        "path": "img/examples/passport.svg",
        "alt": _("A specimen passport page, photographed from above, all four corners visible"),
    },
    "id_card_front": {
        "path": "img/examples/id-front.svg",
        "alt": _("The side of an ID card with the portrait, all four corners visible"),
    },
    "id_card_back": {
        "path": "img/examples/id-back.svg",
        "alt": _("The emblem side of an ID card, all four corners visible"),
    },
    "business_licence": LICENCE,
    "organisation_certificate": LICENCE,
    "rep_office_certificate": LICENCE,
    "pre_approval": LICENCE,
    "name_change_certificate": LICENCE,
    "hk_macau_permit": CARD,
    "taiwan_permit": CARD,
    "foreign_pr_card": CARD,
    "hmt_residence_permit": CARD,
    "residence_proof": CARD,
    "domain_certificate": {
        "path": "img/examples/certificate.svg",
        "alt": _("A domain certificate with domain, owner and both dates"),
    },
    "domain_verification_screenshot": {
        "path": "img/examples/screenshot.svg",
        "alt": _("A screenshot that shows domain, owner, kind and number of the ID, and the day of expiry"),
    },
    "face_verification": {
        "path": "img/examples/face.svg",
        "alt": _("A face in even light before a plain white background, nothing in front of it"),
    },
    "verification_form": _signed("form", _FORM),
    "public_body_approval": _signed("approval", _FORM),
    "cancellation_form": _signed("cancellation", _FORM),
    "authorisation_head": _signed("authorisation", _LETTER),
    "authorisation_manager": _signed("authorisation", _LETTER),
    "commitment_letter": _signed("commitment", _LETTER),
    "no_pre_approval_commitment": _signed("commitment", _LETTER),
    "responsibility_notice": _signed("notice", _LETTER),
    "name_match_statement": _signed("statement", _LETTER),
    "income_proof": _signed("income", _LETTER),
    "website_plan": {
        "path": "img/examples/plan.svg",
        "alt": _("Two pages with headings: purpose, sections, staff, security"),
    },
    "app_icon": {
        "path": "img/examples/icon.svg",
        "alt": _("A square icon with round corners, and below it name, size and weight of its file"),
    },
    "app_fingerprint": {
        "path": "img/examples/fingerprint.svg",
        "alt": _("A list of package name, public key, and the certificate's MD5 and SHA-1"),
    },
}


def picture_of(kind: str) -> dict[str, Any] | None:
    """The picture, what it shows, and its measures, for the page to keep its place; a task in words has none."""
    found = PICTURES.get(kind)
    return found and found | _measures(found["path"])


@cache
def _measures(path: str) -> dict[str, str]:
    drawing = Path(settings.BASE_DIR, "static", path).read_text()
    width, height = re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawing)[0]
    return {"width": width, "height": height}
