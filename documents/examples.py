"""Pictures of a good example of each kind of paper: drawn specimens, nobody's."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

FORM = {
    "path": "img/examples/form.svg",
    "alt": _("A form filled in by hand, signed, with a whole round red seal over the date"),
}
LICENCE = {
    "path": "img/examples/licence.svg",
    "alt": _("A certificate with frame, code and red seal, all four corners visible"),
}
CARD = {
    "path": "img/examples/permit.svg",
    "alt": _("Both sides of a card in one picture, all corners visible"),
}

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
}


def picture_of(kind: str) -> dict[str, Any] | None:
    """The picture and what it shows; papers that are filled in and signed share one, some have none."""
    if kind in PICTURES:
        return PICTURES[kind]
    return None if kind in ("task", "app_icon", "app_fingerprint", "website_plan") else FORM
