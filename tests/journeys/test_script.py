"""Script in every column that holds people's words, whatever let it in: pages, mails and feeds show it as text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import models
from lxml import html

from cases.models import Case
from cases.services.changing import change_facts
from clients import sight
from notifications import services
from notifications.models import Notification
from tests.conftest import _superuser
from tests.fixtures import browser_of
from tests.journeys.attack import SCRIPT, came_alive
from tests.journeys.forms import Walker, route_of
from tests.journeys.world import make_world, seeds, visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.timeout(1000)]

OURS = ("clients", "cases", "documents", "notifications", "rulebook")
# Columns whose words are ours: codes, references, keys, hashes, and what a validator leaves no room in for script.
CODES = {
    "about", "act", "before", "body", "body_hash", "call", "cancel_of", "change_of", "code", "code_hmac",
    "content_hash", "content_type", "copy_etag", "copy_sha256", "copy_type", "copy_version", "detail", "digest",
    "document", "domain_filed", "domain_name", "email", "emergency_mobile", "etag", "facts_mark", "filing_kind",
    "finding", "hint", "seen",
    "filing_kind_why", "from_stage", "icp_number", "id_kind", "id_number_hash", "id_number_tail", "intent",
    "key", "kind", "landline", "language", "legal_representative_id_kind", "licence_number", "licence_status",
    "link", "link_for", "location", "logo", "meaning", "mobile", "mobile_hash", "move", "nationality", "of",
    "owner", "paper", "password", "path", "photo_way", "place", "platform_email", "province", "provider", "psb_number",
    "reason", "reasons", "reference", "sealed_version", "sender", "service", "sha256", "stage", "subject_filed",
    "term", "text_version", "thumb_version", "time_zone", "to", "to_stage", "token", "token_hash", "unit",
    "version", "waits_for",
}  # fmt: skip
SHOWN_ON = {
    "",
    "audit/",
    "cases/",
    "cases/<str:reference>/",
    "cases/<str:reference>/letters/",
    "cases/<str:reference>/commercial/",
    "cases/<str:reference>/facts/",
    "cases/<str:reference>/facts/<slug:thing>/",
    "cases/<str:reference>/pack/",
    "clients/",
    "clients/<str:reference>/",
    "documents/<str:reference>/review/",
    "me/",
    "proposals/<str:reference>/",
    "settings/",
    "settings/people/",
    "settings/rules/<str:kind>/",
    "settings/tokens/",
    "tasks/<slug:reference>/",
}
FACTS = {
    "subject": ("name", "name_zh", "certificate_address", "contact_address"),
    "head": ("name", "address"),
    "domain": ("registrar",),
    "server": ("service_number", "instance"),
    "site": ("name", "note"),
}


def columns() -> Iterator[tuple[str, str, int]]:
    """Every column of ours that holds text, but for the codes."""
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        for field in model._meta.concrete_fields:
            if (
                isinstance(field, models.CharField | models.TextField)
                and not field.choices
                and field.name not in CODES
            ):
                yield model._meta.db_table, field.column, field.max_length or 2000


@pytest.fixture
def world(harbour, lotus, mei, ada, lim, root, agency, store) -> dict[str, str]:
    """Said once by the services, so that the history tells it; then written into every column behind their back."""
    made = make_world(harbour, lotus, mei=mei, ada=ada, lim=lim, root=root)
    with sight.every_client():
        facts = {thing: dict.fromkeys(names, SCRIPT[:80]) for thing, names in FACTS.items()}
        change_facts(Case.objects.with_facts().get(reference=made["draft"]), facts, by=mei)
    with _superuser() as line:
        for table, column, longest in columns():
            line.execute(f"""UPDATE {table} SET "{column}" = %s WHERE "{column}" <> ''""", [SCRIPT[:longest]])
    cache.clear()
    return made


def test_no_page_and_no_mail_lets_it_live(request, world, agency):
    wrong: list[str] = []
    shown: set[str] = set()
    for who in ("ada", "ann", "root", "nobody"):
        user = None if who == "nobody" else request.getfixturevalue(who)
        walker = Walker(who, visitor(user, world)).walk(seeds(world, who))
        wrong += walker.broken
        for path, page in walker.pages.items():
            wrong += [f"{who} {path}: {problem}" for problem in came_alive(page)]
            if "<script>window" in page.text_content() or "<script>window" in "".join(page.xpath("//@value")):
                shown.add(route_of(path))

    assert wrong == []
    assert SHOWN_ON - shown == set()
    assert list(mails_alive()) == []


def mails_alive() -> Iterator[str]:
    """Everything that is due is sent; each mail's HTML is parsed as a program for mails would."""
    services.relay_events()
    services.deliver_due()
    with sight.every_client():
        assert Notification.objects.filter(state="sent", channel="mail").count() > 5
    seen = 0
    for one in mail.outbox:
        assert "\n" not in one.subject
        for body, kind in one.alternatives:
            if kind == "text/html":
                seen += "&lt;script&gt;" in body
                yield from (
                    f"{one.subject}: {problem}" for problem in came_alive(html.document_fromstring(body))
                )
    assert seen > 5


def test_a_browser_runs_nothing_of_it(new_page, world, mei, ada):
    """The content policy would stop it too; a mail has none, so its page is opened without."""
    for user, paths in (
        (
            mei,
            (
                "/",
                "/cases/",
                "/cases/{draft}/",
                "/clients/",
                "/clients/{client}/",
                "/documents/{document}/review/",
            ),
        ),
        (
            ada,
            ("/", "/cases/{draft}/", "/cases/{draft}/letters/", "/tasks/{requirement}/", "/notifications/"),
        ),
    ):
        page = new_page()
        cookie = browser_of(user).cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "domain": "localhost", "path": "/"}]
        )
        for path in paths:
            page.goto(path.format(**world))
            assert page.evaluate("window.hit") is None, path
            assert page.locator("img[src='x']").count() == 0, path
    services.relay_events()
    services.deliver_due()
    opened = new_page()  # no page of ours, so that no policy of ours stops anything
    letters = [one for one in mail.outbox if one.alternatives]
    assert len(letters) > 5
    for one in letters:
        opened.set_content(one.alternatives[0][0])
        assert opened.evaluate("window.hit") is None, one.subject
