"""Every page of the running demo, in both languages (light in English, dark in Chinese), at both ends of the scale and
where the narrow form begins: readable by everybody, no wider than the screen, and nothing for the browser to complain
of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe

from cases.workflow import MOVES, Stage, table
from tests.documents import samples
from tests.journeys.pages import PAGES, address, routes
from tests.journeys.stranger import Stranger

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
    "preload": False,  # nothing that is looked for is read from style sheets: they need not be fetched again
}
SIZES = ((360, 740), (768, 1024), (1440, 900))
# axe sees every page once, in English and wide. In Chinese and narrow it sees each third of those that it sees
# narrow, at ten times their text, in test_extremes.py too; and all others.
LOOKED_AT = {"en": 1440, "zh-hans": 360}
ADMIN, ADA = "admin@agency.example", "client@harbour.example"
# No pages of their own: pieces of a page, links to storage, programs' answers.
PIECES = {
    "cases/<str:reference>/here/",
    "documents/<slug:reference>/content/",
    "documents/<slug:reference>/state/",
    "handouts/<slug:reference>/content/",
    "handouts/<slug:reference>/state/",
    "me/data/copies/<slug:reference>/content/",
    "me/data/copies/<slug:reference>/state/",
    "documents/<slug:reference>/thumbnail/",
    "uploads/<slug:reference>/",
    "healthz",
    "livez",
    "metrics",
    "sw.js",
}
STAGES = [str(stage) for stage in Stage]


@pytest.fixture(scope="module")
def things(portal) -> dict[str, str]:
    """One thing of Harbour's of each kind that an address may name, and a case in each stage."""
    one = lambda statement: portal.sql(f"{statement} ORDER BY 1 LIMIT 1")[0][0]  # noqa: E731
    of_harbour = "client_id = (SELECT id FROM clients_client WHERE name LIKE 'Harbour%%' LIMIT 1)"
    draft = one(f"SELECT reference FROM cases_case WHERE stage = 'draft' AND {of_harbour} AND NOT on_hold")
    paper = one(
        "SELECT r.reference FROM cases_requirement r JOIN cases_case c ON c.id = r.case_id"
        f" WHERE c.reference = '{draft}' AND r.kind = 'domain_certificate'"
    )
    harbour = Stranger(portal, portal.token(ADA))
    found = {
        "case": draft,
        "requirement": paper,
        "document": one(
            f"SELECT reference FROM documents_document WHERE state = 'available' AND {of_harbour}"
        ),
        "upload": harbour.start(paper, "a.jpg", samples.small_jpeg(), "image/jpeg").ok(201)["upload"],
        "client": one("SELECT reference FROM clients_client WHERE name LIKE 'Harbour%%'"),
    }
    # The demo has destroyed nothing yet; the longest names that a bucket gives, and two who let it go.
    found["certificate"] = portal.sql(
        "INSERT INTO documents_destruction (reference, client_id, token, documents, objects_gone, released, at)"
        " SELECT 'X-EVERYWHERE', client_id, 'everywhere', ARRAY[reference]::varchar[], %s::jsonb,"
        " (SELECT jsonb_agg(jsonb_build_object('person', reference, 'at', now())) FROM clients_user WHERE email = %s),"
        " now() FROM documents_document WHERE reference = %s RETURNING reference",
        json.dumps([{"key": f"papers/{'0123456789abcdef' * 6}.pdf", "sha256": "ab" * 32, "versions": 2}] * 2),
        ADMIN,
        found["document"],
    )[0][0]
    for stage in STAGES:
        if rows := portal.sql(
            "SELECT reference FROM cases_case WHERE stage = %s AND NOT on_hold LIMIT 1", stage
        ):
            found[stage] = rows[0][0]
    return found


def paths_of(who: str, name: str, things: dict[str, str]) -> Iterator[str]:
    """Every page that this person may read."""
    for route, page in PAGES.items():
        if name in page.get and route not in PIECES and (not page.of or page.of in things):
            yield address(route, things.get(page.of, ""))
    if who:
        yield f"/certificates/{things['certificate']}/"
    case = things["case"]
    for thing in ("subject", "head", "manager", "domain", "server", "case"):
        if who == ADA:
            yield f"/cases/{case}/facts/{thing}/"
    if who == ADMIN:
        for stage in STAGES:
            if stage in things:
                yield f"/cases/{things[stage]}/"
        seen = set()
        for move, source, _target in table():
            if move not in seen and source in things:
                seen.add(move)
                yield f"/cases/{things[source]}/moves/{move}/"
        assert seen | {"resume"} >= set(MOVES) - {"step_back"}
        yield from ("/clients/?add", "/cases/?as=board", "/cases/?as=table", "/cases/?q=nowhere")
    yield "/nowhere/"
    for route in routes():
        if route.startswith("accounts/") and "<" not in route:
            yield f"/{route}"


def is_seen_narrow(who: str, path: str) -> bool:
    """Also by test_extremes.py, which knows neither strangers nor the pages of an account, and one move only."""
    return bool(who) and not path.startswith(("/accounts/", "/certificates/")) and "/moves/" not in path


@pytest.fixture
def speaks(portal):
    """`speaks(address, "zh-hans")`; afterwards as before."""
    before = portal.sql("SELECT email, language FROM clients_user WHERE email IN (%s, %s)", ADMIN, ADA)
    yield lambda who, language: portal.sql(
        "UPDATE clients_user SET language = %s WHERE email = %s", language, who
    )
    for who, language in before:
        portal.sql("UPDATE clients_user SET language = %s WHERE email = %s", language, who)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("who", "name"), [(ADMIN, "root"), (ADA, "ada"), ("", "nobody")])
def test_every_page_is_readable_and_fits(browser, portal, things, speaks, who, name, language):
    locale, scheme = {"en": ("en-GB", "light"), "zh-hans": ("zh-CN", "dark")}[language]
    context = browser.new_context(base_url=portal.url, locale=locale, color_scheme=scheme)
    context.set_default_timeout(60_000)
    page = context.new_page()
    if who:
        speaks(who, language)
        page.goto("/accounts/login/")
        page.locator("[name=login]").fill(who)
        page.locator("[name=password]").fill("portal-demo")
        page.locator("main form").first.evaluate("form => form.requestSubmit()")
        page.wait_for_url(lambda url: "/login/" not in url)
    noises: list[str] = []
    page.on("console", lambda said: noises.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: noises.append(str(error)))

    found = []
    for turn, path in enumerate(dict.fromkeys(paths_of(who, name, things))):
        if path == "/accounts/logout/" and not who:
            continue
        noises.clear()
        answer = page.goto(path)
        known = not path.startswith(("/accounts/", "/nowhere/"))
        if answer.status >= 500 or (known and answer.status >= 400):
            found.append(f"{path}: {answer.status}")
        if answer.status >= 400:
            noises[:] = [noise for noise in noises if "Failed to load resource" not in noise]
        # Without a line there is no asking which language: that page speaks both.
        if path != "/offline/" and page.locator("html").get_attribute("lang").lower() != language:
            found.append(f"{path}: speaks another language")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            is_looked_at = width == LOOKED_AT[language] and (
                language == "en" or turn % 3 == 0 or not is_seen_narrow(who, path)
            )
            broken = Axe().run(page, options=RULES).response["violations"] if is_looked_at else []
            found += [f"{path} {width}: {one['id']} {one['nodes'][0]['target']}" for one in broken]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append(f"{path} {width}: scrolls sideways")
        found += [f"{path}: {noise}" for noise in noises]
    context.close()

    assert found == []
