"""Attacks by rules of the threats that are of no one app: what is put into every address, what every answer says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from cases.models import Case
from clients import sealing, sight
from documents.children import ROOT
from icp_portal.celery import app
from tests.api.filings import lotus_facts, make_case
from tests.fixtures import browser_of
from tests.journeys.pages import PAGES, address, routes

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def case(agency, harbour, mei, ada) -> Case:
    return make_case(harbour, mei)


@pytest.fixture
def lotus_case(agency, lotus, mei, bo) -> Case:
    return make_case(lotus, mei, **lotus_facts())


# ── W3: what is typed reaches no SQL ────────────────────────────────────────────────────────────────────────────────

INJECTIONS = [
    "' OR 1=1 --",
    "x'); DROP TABLE cases_case; --",
    "$$; SELECT set_config('role', 'portal_all', true); $$",
    'a" OR ""="',
    "stage) UNION SELECT * FROM cases_case --",
    "client__isnull=False",
    "%' AND pg_sleep(9) --",
    "\\'; --",
]
# Its table is one of two names of ours.
LOOKED_AT = {"notifications/services/reminding.py", "clients/kept.py"}
ASKED = (
    "stage",
    "waiting_on",
    "q",
    "due_before",
    "cursor",
    "client",
    "manager",
    "provider",
    "province",
    "hold",
    "sort",
)
ASKED_OF_PAGES = ("next", "view", "kind", "person")


def test_quotes_and_dollars_in_a_list_show_no_row_more(as_api, ada, bo, case, lotus_case):
    caller = as_api(ada)
    for typed in INJECTIONS:
        cache.clear()
        for name in ASKED:
            answer = caller.browser.get(
                "/api/v1/cases", {name: typed}, headers={"Authorization": f"Bearer {caller.token}"}
            )

            assert answer.status_code in (200, 422), (name, typed, answer.status_code)
            found = {one["reference"] for one in answer.json().get("items", [])}
            assert found <= {case.reference}, (name, typed)
    with sight.every_client():
        assert Case.objects.count() == 2


def test_nor_on_the_pages(as_page, lim, case, lotus_case):
    browser = as_page(lim)
    asked = [(path, name) for path in ("/cases/", "/clients/") for name in (*ASKED, *ASKED_OF_PAGES)]
    for typed in INJECTIONS:
        for path, name in asked:
            answer = browser.get(path, {name: typed}, follow=True)

            assert answer.status_code in (200, 422), (path, name, typed, answer.status_code)
            assert lotus_case.reference not in answer.content.decode(), (path, name, typed)


def test_no_sql_is_built_from_strings():
    """ruff's S (S608, S610, S611) refuses it in `make check`; nobody says it is fine after all."""
    lint = tomllib.loads((Path(ROOT) / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert "S" in lint["select"]
    assert not {rule for rule in lint["ignore"] if rule.startswith(("S608", "S61"))}
    for folder in (
        "clients",
        "rulebook",
        "cases",
        "documents",
        "hooks",
        "letterbox",
        "notifications",
        "rights",
        "icp_portal",
    ):
        for path in (Path(ROOT) / folder).rglob("*.py"):
            # Migrations and commands are the owner's, who types no filter of a page.
            is_ours = {"migrations", "commands"} & set(path.parts) or str(path.relative_to(ROOT)) in LOOKED_AT
            if not is_ours:
                assert not re.search(r"RawSQL|\.extra\(|noqa: *S(608|61)", path.read_text()), path


# ── K5: a box opens for its row and for no other ────────────────────────────────────────────────────────────────────


def test_a_number_moved_to_another_row_does_not_open(case, lotus_case):
    with sight.every_client():
        ours, theirs = case.people.get(part="head"), lotus_case.people.get(part="head")
        assert ours.id_number == "T12345678"
        ours.id_number_sealed = theirs.id_number_sealed

        with pytest.raises(sealing.Locked):
            _ = ours.id_number


def test_no_number_lies_in_the_database_in_clear(case):
    from django.apps import apps

    with sight.every_client():
        for model in apps.get_app_config("cases").get_models():
            manager = getattr(model, "everything", model.objects)
            assert "T12345678" not in str(list(manager.values())), model


# ── K8: a code goes to a mainland mobile and nowhere else ───────────────────────────────────────────────────────────


def test_no_other_number_is_ever_rung(as_api, ada, case):
    caller, path = as_api(ada), f"/cases/{case.reference}"

    for number in ("+852 5555 0000", "+44 7700 900000", "12800000001", "02155550100", "1380000000"):
        answer = caller.patch(path, {"head": {"mobile": number}})

        assert (answer.status_code, answer.json()["field"]) == (422, "head.mobile"), number
    with sight.every_client():
        Case.objects.get(pk=case.pk).people.filter(part="head").update(mobile="")
    assert caller.post(f"{path}/phone-verifications", {"person": "head"}).status_code in (409, 422)


# ── H1, H2: what every answer says ──────────────────────────────────────────────────────────────────────────────────

POLICY = (
    "default-src 'none'",
    "frame-ancestors 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "base-uri 'none'",
)


def every_address(case: Case, paper: str) -> list[str]:
    named = {"case": case.reference, "requirement": paper, "client": case.client.reference}
    known = [
        address(route, named.get(page.of, "X-0NEVER0THERE"), "M-0NEVER0THERE")
        for route, page in PAGES.items()
    ]
    account = [address(route) for route in routes() if route.startswith("accounts/")]
    return [*known, *account, "/nowhere/", "/api/v1/nowhere"]


@pytest.mark.parametrize("who", ["ada", "root", ""])
def test_every_answer_is_fenced_and_kept_by_nobody(request, agency, case, who):
    """Errors too; what somebody signed in reads, no cache keeps, and the kinds of answers are told apart."""
    browser = browser_of(request.getfixturevalue(who)) if who else Browser()
    browser.raise_request_exception = False
    cookies = browser.cookies.output(attrs=[], header="")
    with sight.every_client():
        paper = case.requirements.get(kind="passport").reference
    bare = []
    for path in every_address(case, paper):
        if path.endswith(("/logout/", "livez", "healthz", "metrics")):
            continue
        answer = browser.get(path)
        browser.cookies.load(cookies)
        policy = answer.headers.get("Content-Security-Policy", "")
        if not all(part in policy for part in POLICY) or "unsafe" in policy:
            bare.append((path, policy))
        if answer.headers.get("X-Content-Type-Options") != "nosniff" or answer.headers.get(
            "Referrer-Policy"
        ) not in (
            "same-origin",
            "no-referrer",
        ):
            bare.append((path, dict(answer.headers)))
        if who and not path.startswith("/api/"):
            vary = answer.headers.get("Vary", "")
            if (
                "no-store" not in answer.headers.get("Cache-Control", "")
                or "HX-Request" not in vary
                or "Cookie" not in vary
            ):
                bare.append((path, answer.headers.get("Cache-Control"), vary))

    assert bare == []


@pytest.mark.django_db(transaction=True)
def test_after_signing_out_back_shows_nothing_and_the_browser_kept_nothing(
    new_page, live_server, agency, ada, harbour, mei
):
    case = make_case(harbour, mei)
    page = new_page()
    cookie = next(iter(browser_of(ada).cookies.values()))
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page.goto(f"/cases/{case.reference}/facts/head/")
    page.goto("/")
    assert page.get_by_text(case.reference).count()

    page.goto("/accounts/logout/")
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    page.go_back()
    page.go_back()
    page.wait_for_load_state()

    shown = page.content()
    assert case.reference not in shown and "T12345678"[-4:] not in shown
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not re.search(r"htmx-history|T12345678|Ada|<html", kept), kept


def test_a_piece_restored_from_history_is_a_whole_page(as_page, mei, case):
    """htmx asks again when it has no snapshot; a piece alone would stand there as the page."""
    told = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    answer = as_page(mei).get("/cases/", headers=told)

    assert answer.content.lstrip().startswith(b"<!doctype html>")


# ── H8: a script is text everywhere ─────────────────────────────────────────────────────────────────────────────────


def test_a_script_typed_into_every_text_is_text_on_every_page(as_api, as_page, mei, ada, case):
    """Into each text that the API takes as a fact, and each letter and note of the pages."""
    texts = {
        "subject": ("name", "name_zh", "certificate_address", "contact_address"),
        "head": ("name", "address"),
        "domain": ("registrar", "owner"),
        "server": ("instance", "service_number"),
        "site": ("name", "note"),
    }
    taken = 0
    for thing, names in texts.items():
        for name in names:
            answer = as_api(mei).patch(f"/cases/{case.reference}", {thing: {name: SCRIPT}})
            assert answer.status_code in (200, 422), (thing, name)
            taken += answer.status_code == 200
    assert taken >= 3
    as_page(ada).post(f"/cases/{case.reference}/letters/", {"text": SCRIPT})
    as_page(mei).post(f"/cases/{case.reference}/notes/internal/", {"text": SCRIPT})
    as_page(mei).post(f"/clients/{case.client.reference}/name/", {"client-name": SCRIPT})
    with sight.every_client():
        paper = case.requirements.get(kind="passport").reference

    base = f"/cases/{case.reference}/"
    paths = ["/", base, f"/tasks/{paper}/", f"{base}letters/", f"{base}facts/head/", f"{base}facts/subject/"]
    desk = [
        "/",
        base,
        "/cases/",
        "/clients/",
        f"/clients/{case.client.reference}/",
        f"{base}facts/",
        "/audit/",
    ]
    seen = 0
    for person, addresses in ((ada, paths), (mei, desk)):
        for path in addresses:
            page = as_page(person).get(path).content.decode()
            assert SCRIPT not in page, path
            seen += "&lt;script&gt;alert(1)" in page
    assert seen >= 6


# ── R4: what strangers put into the queue ───────────────────────────────────────────────────────────────────────────


def test_a_pickle_in_the_queue_is_dropped_and_never_opened(transactional_db):
    """By the portal's own list of what it takes, at the real broker; JSON beside it comes through."""
    from kombu import Exchange, Queue

    opened, refused = [], []
    queue = Queue("house-rules", Exchange("house-rules"), routing_key="house-rules")
    with app.connection_for_write() as line, line.channel() as channel:
        bound = queue(channel)
        bound.declare()
        bound.purge()
        for content, serializer in (({"harm": 1}, "pickle"), ({"ids": [1]}, "json")):
            producer = app.amqp.Producer(channel, serializer=serializer)
            producer.publish(content, exchange=queue.exchange, routing_key="house-rules")
        with app.amqp.Consumer(channel, queues=[bound], accept=app.conf.accept_content) as consumer:
            consumer.on_decode_error = lambda message, error: (
                refused.append(type(error).__name__),
                message.reject(),
            )
            consumer.register_callback(lambda body, message: (opened.append(body), message.ack()))
            for _ in range(2):
                line.drain_events(timeout=5)
        bound.delete()

    assert (opened, refused) == ([{"ids": [1]}], ["ContentDisallowed"])
    assert app.conf.accept_content == ["json"] and app.conf.task_ignore_result
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit
