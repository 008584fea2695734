"""Harbour and Lotus, who know nothing of each other, each with a case; Mei at the agency; and a real store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import requests
from django.conf import settings
from django.utils import timezone

from cases.models import Case, Requirement
from cases.services.opening import open_case
from clients.models import Client, Membership, User
from documents import services, storage
from documents.models import Document, Upload

PARTS = {
    "subject": {"kind": "enterprise"},
    "head": {"id_kind": "passport", "is_legal_representative": True},
    "province": "SH",
    "provider": "aliyun",
}


@dataclass
class Cast:
    mei: User
    ada: User
    ann: User
    bo: User
    harbour: Client
    lotus: Client
    case: Case
    lotus_case: Case

    @property
    def passport(self) -> Requirement:
        return paper(self.case, "passport")

    @property
    def licence(self) -> Requirement:
        return paper(self.case, "business_licence")


def paper(case: Case, kind: str) -> Requirement:
    return Requirement.objects.select_related("case", "client").get(case=case, kind=kind)


def open_upload(requirement: Requirement, *, by: User) -> Upload:
    """A form that was handed out and not sent yet."""
    return Upload.objects.create(
        client=requirement.client,
        requirement=requirement,
        by=by,
        key=f"{requirement.client.reference}/{requirement.reference}-open",
        filename="passport.jpg",
        size=1000,
        content_type="image/jpeg",
        expires_at=timezone.now() + timedelta(minutes=10),
    )


def make_cast() -> Cast:
    def person(name: str, role: str, client: Client | None = None) -> User:
        user = User.objects.create_user(
            f"{name.lower()}@{client.name if client else 'agency'}.example", name=name
        )
        User.objects.filter(pk=user.pk).update(password="some hash")  # staff without any are led to set one
        Membership.objects.create(user=user, client=client, role=role)
        return user

    harbour, lotus = Client.objects.create(name="harbour"), Client.objects.create(name="lotus")
    mei = person("Mei", "manager")
    cases = [
        open_case(client, by=mei, given={"domain": {"name": f"{client.name}.example"}, **PARTS})
        for client in (harbour, lotus)
    ]
    return Cast(
        mei,
        person("Ada", "contact", harbour),
        person("Ann", "responsible", harbour),
        person("Bo", "contact", lotus),
        harbour,
        lotus,
        *cases,
    )


def post(form: dict, content: bytes, **fields: str) -> int:
    files = {"file": ("file", content)}
    return requests.post(form["url"], data=form["fields"] | fields, files=files, timeout=20).status_code


def send(
    requirement: Requirement, content: bytes, *, by: User, kind: str = "image/jpeg", name="paper.jpg"
) -> Document:
    """As a browser does it: a form, the post to the store, the word that it is done."""
    upload, form = services.start_upload(
        requirement, by=by, filename=name, size=len(content), content_type=kind
    )
    assert post(form, content) == 201
    return services.finish_upload(upload, by=by)


def checked(document: Document) -> Document:
    services.check_document(document.pk)
    return fresh(document)


def fresh(document: Document) -> Document:
    return Document.objects.select_related("client", "case", "requirement__case", "upload").get(
        pk=document.pk
    )


def lying(bucket: str, prefix: str = "") -> list[str]:
    """Every key in a bucket, versions and all, by the worker's eyes."""
    name = {"quarantine": settings.S3_QUARANTINE_BUCKET, "papers": settings.S3_PAPERS_BUCKET}[bucket]
    listed = storage._worker().list_object_versions(Bucket=name, Prefix=prefix)
    return sorted(one["Key"] for one in (*listed.get("Versions", []), *listed.get("DeleteMarkers", [])))
