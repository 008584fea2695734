"""Every page at ten times the usual text: on a phone, at 200 %, on paper, without motion and without a script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.cache import cache

from clients import sight
from clients.models import User
from tests.conftest import _superuser
from tests.fixtures import browser_of
from tests.journeys.forms import route_of
from tests.journeys.test_everywhere import PIECES, RULES
from tests.journeys.test_script import columns
from tests.journeys.world import make_world, seeds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.timeout(1000)]

PHONE, ZOOMED, PAPER = ({"width": width, "height": 740} for width in (360, 640, 718))
# Seven times with its blanks, thrice without, so that some words are longer than any line.
TENFOLD = """left(repeat("{0}" || ' ', 7) || repeat(replace("{0}", ' ', ''), 3), {1})"""
NO_PAGES = PIECES | {"exports/<slug:reference>/content/", "imports/<slug:reference>/table/"}
# What lies on something else, or runs out of its own box and is cut off there without a sign.
LIES = """() => {
  const wrong = [];
  if (document.documentElement.scrollWidth > innerWidth) {
    const isWide = (one) => one.getBoundingClientRect().right > innerWidth + 1;
    const wide = [...document.querySelectorAll("main *")].filter(isWide);
    wrong.push("scrolls sideways: " + (wide.at(-1)?.outerHTML.slice(0, 120) ?? ""));
  }
  const floats = (one) => {
    for (let at = one; at && at !== document.body; at = at.parentElement)
      if (/sticky|fixed|absolute/.test(getComputedStyle(at).position)) return true;
    return false;
  };
  const texts = "main :is(h1, h2, h3, a, button, label, p, dt, dd, th, td, li, summary, span)";
  const all = [...document.querySelectorAll(texts)];
  const ones = all.filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.textContent.trim()
    && !all.some((other) => other !== one && one.contains(other)) && !floats(one)).slice(0, 400);
  const boxes = ones.map((one) => [...one.getClientRects()].filter((box) => box.width > 1 && box.height > 1));
  for (let i = 0; i < ones.length; i++) for (let j = i + 1; j < ones.length; j++)
    if (boxes[i].some((a) => boxes[j].some((b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 4
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 6))) {
      wrong.push(`${ones[i].outerHTML.slice(0, 90)} lies on ${ones[j].outerHTML.slice(0, 90)}`);
      if (wrong.length > 3) return wrong;
    }
  return wrong;
}"""
ON_PAPER = """() => [...document.querySelectorAll(".masthead nav, .button, .filters, .writer, .copy")]
  .filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 90)).slice(0, 3)"""
MOVES = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  return style.animationName !== "none" || style.transitionDuration.split(", ").some((time) => parseFloat(time) > 0);
}).map((one) => one.outerHTML.slice(0, 90)).slice(0, 3)"""
DEAD = """() => [...document.querySelectorAll("button[type=button], [role=button], [href='#']")]
  .filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture
def world(harbour, lotus, mei, ada, lim, root, agency, store) -> dict[str, str]:
    made = make_world(harbour, lotus, mei=mei, ada=ada, lim=lim, root=root)
    with _superuser() as line:
        for table, column, longest in columns():
            grown = TENFOLD.format(column, longest)
            line.execute(f"""UPDATE {table} SET "{column}" = {grown} WHERE "{column}" <> ''""")
    cache.clear()
    return made


@pytest.mark.parametrize(("who", "language"), [("root", "zh-hans"), ("ada", "en")])
def test_every_page_holds_ten_times_the_text(request, new_page, world, who, language):
    user = request.getfixturevalue(who)
    with sight.every_client():
        User.objects.filter(pk=user.pk).update(language=language)
    page, plain = new_page(viewport=PHONE), new_page(viewport=PHONE, java_script_enabled=False)
    session = {"name": settings.SESSION_COOKIE_NAME, "domain": "localhost", "path": "/"}
    for one in (page, plain):
        cookie = browser_of(user).cookies[settings.SESSION_COOKIE_NAME].value
        one.context.add_cookies([session | {"value": cookie}])

    wrong, seen = [], 0
    for path in dict.fromkeys(seeds(world, who)):
        if route_of(path) in NO_PAGES or path.startswith(
            "/accounts/"
        ):  # of the account: nobody's words stand there
            continue
        answer = page.goto(path)
        if answer.status >= 500:
            wrong.append(f"{path}: {answer.status}")
        if answer.status >= 400:
            continue
        seen += 1
        found = [f"360: {one}" for one in page.evaluate(LIES)]
        page.set_viewport_size(ZOOMED)
        found += [f"200 %: {one}" for one in page.evaluate(LIES)]
        broken = Axe().run(page, options=RULES).response["violations"]
        found += [f"200 %: {one['id']} {one['nodes'][0]['target']}" for one in broken]
        page.emulate_media(media="print", reduced_motion="reduce")
        page.set_viewport_size(PAPER)
        found += [f"on paper: {one}" for one in page.evaluate(ON_PAPER)]
        found += [f"on paper: {one}" for one in page.evaluate(LIES) if one.startswith("scrolls")]
        found += [f"moves: {one}" for one in page.evaluate(MOVES)]
        page.emulate_media(media="screen", reduced_motion="no-preference")
        page.set_viewport_size(PHONE)
        if plain.goto(path).status < 400:
            found += [f"without a script: {one} does nothing" for one in plain.evaluate(DEAD)]
            found += [f"without a script: {one}" for one in plain.evaluate(LIES) if one.startswith("scrolls")]
        wrong += [f"{path} {one}" for one in found]

    assert wrong == [], f"{seen} pages: " + "\n".join(wrong)
