"""What a page may cost in a browser, and one look at it that counts: what jumps, how long a press waits to be seen,
what comes over the line, what the console says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request

SLOWED = 4  # so many times slower a processor than this machine's
SETTLED = 500  # milliseconds: what comes late has come
TYPED = "Tea7"
KEYS = ("j", "j", "k", "x", "?", "Escape", "/", "Escape")  # of the desk
UNSEEN = 16  # milliseconds: a shorter wait no browser tells


class Screen(NamedTuple):
    """A device and its line; bytes a second."""

    name: str
    width: int
    height: int
    is_phone: bool
    latency: int
    speed: float


PHONE = Screen("phone", 360, 740, True, 150, 1.6e6 / 8)  # a slow line of the fourth generation
DESK = Screen("desk", 1440, 900, False, 40, 10e6 / 8)
SHIFT, PAINT, PACKED, HTML = 0.0, 200, 80_000, 100_000  # aims


@dataclass(frozen=True)
class Cost:
    """What one look found. `moved` jumped furthest; `touched` waited longest."""

    shift: float = 0
    moved: str = ""
    paint: float = UNSEEN
    touched: str = ""
    packed: int = 0  # bytes of sheets and scripts as sent
    html: int = 0  # bytes, unpacked
    requests: int = 0
    noises: tuple[str, ...] = ()

    def missed(self) -> list[str]:
        """Which budgets it is over, each with what there is to look for."""
        found = {
            f"shift ({self.moved})": round(self.shift, 3) > SHIFT,
            f"next paint ({self.touched})": self.paint >= PAINT,
            "sheets and scripts": self.packed > PACKED,
            "HTML": self.html > HTML,
            f"console ({'; '.join(self.noises)})": bool(self.noises),
        }
        return [name for name, is_over in found.items() if is_over]


def together(one: Cost, other: Cost) -> Cost:
    """Two looks at one page: a jump seen once is a jump, but a busy machine only makes waits longer."""
    quick, slow = sorted((one, other), key=lambda look: look.paint)
    jumpy = max(one, other, key=lambda look: look.shift)
    return replace(
        slow,
        paint=quick.paint,
        touched=quick.touched,
        shift=jumpy.shift,
        moved=jumpy.moved,
        noises=tuple(dict.fromkeys(one.noises + other.noises)),
    )


def look(browser: Browser, address: str, screen: Screen, *, cookies: list[Any] | None = None) -> Cost:
    """A visit with an empty cache, whose bytes count; then another, when sheets and scripts come in another order:
    read to its end, and touched wherever that leads nowhere else.
    """
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        is_mobile=screen.is_phone,
        has_touch=screen.is_phone,
        locale="en-GB",
    )
    try:
        context.add_cookies(cookies or [])
        context.add_init_script(WATCH)
        page = context.new_page()
        noises: list[str] = []
        page.on("console", lambda said: noises.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: noises.append(str(error)))
        arrived: list[Request] = []
        page.on("requestfinished", lambda request: arrived.append(request))  # noqa: PLW0108  it is marked by them
        hand = Hand(page, screen)
        answer = page.goto(address)
        assert answer, f"{address} does not answer"
        assert answer.ok, f"{address} answers {answer.status}"
        page.wait_for_timeout(SETTLED)
        assert urlsplit(page.url).path == urlsplit(address).path, f"{address} leads to {page.url}"
        first_view, html = list(arrived), len(answer.body())
        files = [one for one in first_view if one.resource_type in ("stylesheet", "script")]
        packed = sum(one.sizes()["responseBodySize"] for one in files)
        shifts = page.evaluate("window.__seen.shifts")
        page.reload()
        hand.slow_down(1)
        page.wait_for_timeout(SETTLED)
        born = page.evaluate("performance.timeOrigin")
        _read(page)
        _touch(hand)
        page.wait_for_timeout(SETTLED)
        seen = page.evaluate("window.__seen")
        assert page.evaluate("performance.timeOrigin") == born, f"{address}: a touch led away"
        assert seen["isTouched"], f"{address}: nothing could be touched"
        shifts += seen["shifts"]
        moved, shift = max(shifts, key=lambda one: one[1], default=("", 0))
        touched, paint = max(seen["waits"], key=lambda one: one[1], default=("", UNSEEN))
        return Cost(
            shift=sum(one[1] for one in shifts),
            moved=moved if shift else "",
            paint=paint,
            touched=touched,
            packed=packed,
            html=html,
            requests=len(first_view),
            noises=tuple(noises),
        )
    finally:
        context.close()


class Hand:
    """A person's finger, mouse and keys through the browser's own door; the processor is slow while they wait for it,
    and no slower than it is while the next thing to touch is looked for.
    """

    def __init__(self, page: Page, screen: Screen) -> None:
        self.page, self.screen = page, screen
        self.line = page.context.new_cdp_session(page)
        speeds = {"downloadThroughput": screen.speed, "uploadThroughput": screen.speed / 2}
        self.line.send("Network.enable")
        self.line.send(
            "Network.emulateNetworkConditions", {"offline": False, "latency": screen.latency, **speeds}
        )
        self.slow_down()

    def slow_down(self, times: int = SLOWED) -> None:
        self.line.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def touch(self, place: int) -> str:
        """What was touched; nothing where something else lies over it, or it is gone."""
        kind, x, y = self.page.evaluate(FIND, place) or ("", 0, 0)
        if kind:
            pointer = self.page.touchscreen.tap if self.screen.is_phone else self.page.mouse.click
            self._wait_for(lambda: pointer(x, y))
        return kind

    def press(self, *keys: str) -> None:
        for key in keys:
            self._wait_for(lambda key=key: self.page.keyboard.press(key))

    def _wait_for(self, act: Callable[[], None]) -> None:
        self.slow_down()
        act()
        self.page.evaluate("() => new Promise((go) => requestAnimationFrame(() => setTimeout(go)))")
        self.slow_down(1)


def _read(page: Page) -> None:
    """Down to the end, where pictures may wait for it, and back."""
    page.evaluate(
        """async () => {
          const rest = () => new Promise((go) => setTimeout(go, 50));
          for (let at = 0; at < document.documentElement.scrollHeight && at < 6000; at += innerHeight) {
            scrollTo(0, at);
            await rest();
          }
          scrollTo(0, 0);
          await rest();
        }"""
    )


def _touch(hand: Hand) -> None:
    """Whatever is there to be folded, ticked, opened or typed into, and the keys of the desk."""
    hand.press("Tab")
    for place in range(hand.page.evaluate(MARK)):
        kind = hand.touch(place)
        if kind == "fold":
            hand.press("Enter")  # and shut again
        elif kind == "button":
            hand.press("Escape")
        elif kind == "text":
            hand.press(*TYPED, "Tab")
    if not hand.screen.is_phone:
        leading = hand.page.evaluate(
            "[...document.querySelectorAll('a[data-key]')].map((one) => one.dataset.key)"
        )
        hand.page.evaluate("document.activeElement?.blur()")
        hand.press(*(key for key in KEYS if key not in leading))


# What is worth a touch and stays on the page: folds and menus, boxes, what opens a dialog or copies, where one types.
MARK = """() => {
  const some = (selector, most) => [...document.querySelectorAll(selector)]
    .filter((one) => one.checkVisibility() && !one.disabled)
    .filter((one) => !one.closest("[hidden], dialog, details:not([open]) > :not(summary)"))
    .slice(0, most);
  const chosen = [
    ...some("summary", 3), ...some("main input[type=checkbox]", 2), ...some("main input[type=radio]", 1),
    ...some("[data-open]", 1), ...some("button[data-copy], button[data-turn]", 1),
    ...some("main :is(input:not([type]), [type=text], [type=email], [type=search], textarea):not([readonly])", 2),
  ];
  chosen.forEach((one, place) => one.setAttribute("data-touched", place));
  return chosen.length;
}"""

FIND = """(place) => {
  const one = document.querySelector(`[data-touched="${place}"]`);
  if (!one?.checkVisibility()) return null;
  one.scrollIntoView({ block: "center" });
  const box = one.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  if (!one.contains(document.elementFromPoint(x, y))) return null;
  const kinds = { checkbox: "tick", radio: "tick" };
  const kind = one.matches("input, textarea") ? kinds[one.type] || "text" : "button";
  return [one.matches("summary") ? "fold" : kind, x, y];
}"""

# Total shift, and not the worst second of it; a press counts from the finger to the paint.
WATCH = """(() => {
  const seen = (window.__seen = { shifts: [], waits: [], isTouched: false });
  let isBegun = false; // before that no shift is a person's own: a browser that plays a phone says so all the same
  ["pointerdown", "keydown"].forEach((kind) => addEventListener(kind, () => (isBegun = true), true));
  const name = (node) => {
    const one = node?.nodeType === 3 ? node.parentElement : node;
    if (!one?.tagName) return "";
    const kind = (one.getAttribute("class") || "").split(" ")[0];
    return one.tagName.toLowerCase() + (one.id ? `#${one.id}` : kind ? `.${kind}` : "");
  };
  const watch = (type, each, more) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...more });
  watch("layout-shift", (one) => {
    const moved = one.sources.map((source) => name(source.node)).slice(0, 3).join(", ");
    if (!one.hadRecentInput || !isBegun) seen.shifts.push([moved, one.value]);
  });
  watch("event", (one) => {
    if (one.interactionId) seen.waits.push([`${one.name} ${name(one.target)}`, one.duration]);
  }, { durationThreshold: 16 });
  watch("first-input", () => (seen.isTouched = true));
})()"""
