"""The API's call about clients."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.errors import ValidationError
from pydantic import ConfigDict, Field
from pydantic import ValidationError as Unreadable

from clients.bodies import read_object, takes
from clients.idempotency import idempotent
from clients.models import Client, Role
from clients.permissions import may_make_clients
from clients.services.invitations import make_client

router = Router(tags=["clients"])


class ContactIn(Schema):
    """Who speaks for the client; they are invited by mail at once."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field("", max_length=120)
    email: str = Field(max_length=254)


class ClientIn(Schema):
    """A company or person that the agency files for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=200)
    name_zh: str = Field("", max_length=200)
    contact: ContactIn


class ContactOut(Schema):
    name: str
    email: str


class ClientOut(Schema):
    reference: str
    name: str
    name_zh: str
    contact: ContactOut


BODY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "contact"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "name_zh": {"type": "string", "maxLength": 200, "default": ""},
        "contact": {
            "type": "object",
            "additionalProperties": False,
            "required": ["email"],
            "properties": {
                "name": {"type": "string", "maxLength": 120, "default": ""},
                "email": {"type": "string", "format": "email", "maxLength": 254},
            },
        },
    },
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "A repeat with the same key and body within a day gets the same answer.",
}


@router.post("/clients", response={201: ClientOut}, openapi_extra={**takes(BODY), "parameters": [KEY]})
def add_client(request: HttpRequest) -> Status:
    """Make a client and its contact's account, and invite them."""
    if not may_make_clients(request.user):
        raise PermissionDenied
    given = read_object(request)
    try:
        payload = ClientIn.model_validate(given)
    except Unreadable as error:
        raise ValidationError(error.errors(include_url=False, include_input=False)) from None
    with idempotent(request, call="clients", body=given) as once:
        if once.reference:
            client = Client.objects.get(reference=once.reference)
        else:
            client = make_client(
                name=payload.name,
                name_zh=payload.name_zh,
                contact={"name": payload.contact.name, "email": payload.contact.email},
                by=request.user,
            )
        once.keep(client.reference)
    return Status(201, _as_json(client))


def _as_json(client: Client) -> dict[str, Any]:
    """As it was made: the contact is the one who was invited first."""
    first = client.invitations.filter(role=Role.CONTACT).order_by("pk").first()
    contact = {"name": first.name, "email": first.email} if first else {"name": "", "email": ""}
    return {
        "reference": client.reference,
        "name": client.name,
        "name_zh": client.name_zh,
        "contact": contact,
    }
