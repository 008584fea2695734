"""Takes pictures of pages in both languages and several widths, and lets axe look at each.

    python tests/look/shots.py http://localhost:8000 [--sign-in manager@agency.example] [--into shots] / /cases/ …

    python tests/look/shots.py http://localhost:8000 --every

walks from link to link as visitor, client and administrator, and takes one page of each kind and stage; `make shots`
is that.

    python tests/look/shots.py http://localhost:8000 --readme

takes the four that the README shows, of the demo's made-up people, into docs/pictures.

The pictures are for a person to look at; what axe finds is printed, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Error, sync_playwright

LANGUAGES = {"en": "en", "zh": "zh-hans"}
WIDTHS = (360, 768, 1440)
ADA, ADMIN = "client@harbour.example", "admin@agency.example"
STAGES = (
    *("draft", "provider_pre_audit", "photo", "miit_review", "licensed"),
    *("psb_filed", "commercial_licensed", "withdrawn", "cancelled"),
)
MATTERS = {"as", "add"}  # what of a query makes a page another kind of page
LEAVE = re.compile(r"/(logout|content|thumbnail|api|static)/|\.ics$|stage=|after=|before=")
ROW = re.compile(r"^(/settings/(?:texts|rules/[^/?]+)/)[^?]+")  # of a table: its rows are one kind of page
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def sign_in(context, base: str, email: str, password: str) -> None:
    page = context.new_page()
    page.goto(f"{base}/accounts/login/")
    page.fill("[name=login]", email)
    if page.locator("[name=password]").count():
        page.fill("[name=password]", password)
    page.locator("main form [type=submit], main form button:not([type=button])").first.click()
    page.wait_for_load_state()
    page.close()


def speak(context, base: str, code: str) -> None:
    """Signed in, a person's own language counts and no cookie: choose it by the form at the foot of the page."""
    page = context.new_page()
    page.goto(f"{base}/")
    token = page.locator("form[action='/language/'] [name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post(
        f"{base}/language/",
        form={"csrfmiddlewaretoken": token, "language": code, "next": "/"},
        headers={"Referer": f"{base}/"},
    )
    if (
        not answer.ok
        or code not in (page.goto(f"{base}/") and page.locator("html").get_attribute("lang")).lower()
    ):
        sys.exit(f"The pages do not speak {code} after POST /language/ ({answer.status}).")
    page.close()


def findings(page) -> list[str]:
    result = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    return [
        f"{rule['id']}: {rule['help']} — {node['target']}"
        for rule in result.response["violations"]
        for node in rule["nodes"][:3]
    ]


def kind_of(path: str) -> str:
    """The page without the thing it names: two cases in one stage are one kind of page."""
    address = urlsplit(ROW.sub(r"\1*/", path))
    named = re.sub(r"(?<=/)[^/]*(?:\d|[A-Z]{2}|@)[^/]*(?=/)", "*", address.path)
    return f"{named}?{'&'.join(sorted(set(parse_qs(address.query)) & MATTERS))}"


def walk(browser: Browser, args: argparse.Namespace) -> list[str]:
    """One address of each kind of page that is led to by links, and a case of each stage, with all it leads to."""
    context = browser.new_context(locale="en", viewport={"width": 1440, "height": 900})
    if args.sign_in:
        sign_in(context, args.base, args.sign_in, args.password)
    page = context.new_page()
    kinds: dict[str, str] = {}
    stages: dict[str, str] = {}
    waiting = ["/", "/accounts/login/", "/nowhere/", *(f"/cases/?stage={stage}" for stage in STAGES)]
    while waiting:
        path = waiting.pop(0)
        stage = path.partition("stage=")[2]
        kind = stage or stages.get(path, "") + kind_of(path)
        if kind in kinds:
            continue
        try:
            answer = page.goto(args.base + path)
        except Error:  # a file to be saved, and no page
            continue
        if path != "/nowhere/" and (not answer or not answer.ok):
            continue
        if "html" not in answer.headers.get("content-type", ""):
            continue
        kinds[kind] = path
        links = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(a => a.href)")
        inside = [link.removeprefix(args.base) for link in links if link.startswith(f"{args.base}/")]
        inside = [link.partition("#")[0] for link in inside if not LEAVE.search(link)]
        if stage:  # the first case of the list stands for its stage
            first = next((link for link in inside if kind_of(link) == "/cases/*/?"), None)
            if first:
                stages[first] = f"{stage} "
                waiting.insert(0, first)
        waiting += [link for link in dict.fromkeys(inside) if link]
    context.close()
    return list(kinds.values())


def shoot_every(browser: Browser, args: argparse.Namespace) -> int:
    found = 0
    into = args.into
    for who, email in (("visitor", ""), ("client", ADA), ("desk", ADMIN)):
        args.sign_in, args.into = email, into / who
        args.into.mkdir(parents=True, exist_ok=True)
        args.paths = walk(browser, args)
        print(f"{who}: {len(args.paths)} pages")
        found += shoot(browser, args)
    return found


def shoot(browser: Browser, args: argparse.Namespace) -> int:
    found = 0
    for name in args.languages.split(","):
        code = LANGUAGES[name]
        for scheme in args.schemes.split(","):
            context = browser.new_context(
                locale=code, color_scheme=scheme, viewport={"width": 1440, "height": 900}
            )
            context.add_cookies([{"name": args.language_cookie, "value": code, "url": args.base}])
            if args.sign_in:
                sign_in(context, args.base, args.sign_in, args.password)
                speak(context, args.base, code)
            page = context.new_page()
            noises: list[str] = []
            page.on(
                "console",
                lambda message, noises=noises: (
                    noises.append(message.text) if message.type == "error" else None
                ),
            )
            page.on("pageerror", lambda error, noises=noises: noises.append(str(error)))
            for path in args.paths:
                for width in args.widths:
                    page.set_viewport_size({"width": width, "height": 900})
                    noises.clear()
                    page.goto(args.base + path)
                    slug = re.sub(r"\W+", "-", path).strip("-") or "start"
                    page.screenshot(path=args.into / f"{slug}.{name}.{width}.{scheme}.png", full_page=True)
                    problems = [] if args.every else findings(page)  # tests/journeys look at all by axe
                    problems += [f"console: {text}" for text in noises]
                    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                        problems.append("scrolls sideways")
                    found += len(problems)
                    for problem in problems:
                        print(f"{path} {name} {width} {scheme}: {problem}")
            context.close()
    return found


# Name, who is signed in, where, the link of that page to follow, language, size.
MEI, WIDE = "manager@agency.example", (1280, 800)
WITH_CODE = "/cases/?stage=miit_review&waiting_on=client&as=table"
README = (
    ("today", MEI, "/", "", "en", WIDE),
    ("case", MEI, WITH_CODE, ".ledger td a.number", "en", WIDE),
    ("review", MEI, "/", "a[href*='/review/']", "en", WIDE),
    ("filing-zh", ADA, "/", "main a[href*='/cases/']", "zh-hans", (390, 780)),
)
COLOURS = 128


def shoot_for_readme(browser: Browser, args: argparse.Namespace) -> None:
    """Small enough to be looked at before anything is installed."""
    for name, who, path, link, code, (width, height) in README:
        context = browser.new_context(locale=code, viewport={"width": width, "height": height})
        sign_in(context, args.base, who, args.password)
        speak(context, args.base, code)
        page = context.new_page()
        page.goto(args.base + path)
        if link:
            page.goto(args.base + page.locator(link).first.get_attribute("href"))
        page.wait_for_load_state("networkidle")
        file = args.into / f"{name}.png"
        page.screenshot(path=file)
        Image.open(file).convert("RGB").quantize(COLOURS).save(file, optimize=True)
        print(f"{file}: {file.stat().st_size // 1024} KB")
        context.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--into", type=Path, default=Path("shots"))
    parser.add_argument("--sign-in", default="")
    parser.add_argument("--password", default="portal-demo")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--schemes", default="light")
    parser.add_argument("--widths", type=lambda text: [int(n) for n in text.split(",")], default=list(WIDTHS))
    parser.add_argument("--language-cookie", default="language")
    args = parser.parse_args()
    args.base = args.base.rstrip("/")
    if args.readme:
        args.into = Path(__file__).parents[2] / "docs" / "pictures"
    args.into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        if args.readme:
            shoot_for_readme(browser, args)
            return 0
        found = (shoot_every if args.every else shoot)(browser, args)
        browser.close()
    print(f"{found} findings; pictures in {args.into}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
