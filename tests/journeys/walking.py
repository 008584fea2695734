"""Whoever has no mouse: keys alone, focus that is never lost, and what a press or a click costs."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import FileChooser, Page
from playwright.sync_api import TimeoutError as TooLate

# Where the person stands: what it is called, whether it can be seen, and that it is not just the page itself.
STANDS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  const inner = one.querySelector(":scope *:focus-visible");
  const name = one.getAttribute("aria-label") || (one.labels?.[0] ?? one).textContent || one.name || "";
  return {
    name: name.replace(/\\s+/g, " ").trim(),
    tag: one.tagName.toLowerCase(),
    id: one.id,
    is_seen: box.width * box.height > 0 && (style.outlineStyle !== "none" || style.boxShadow !== "none" || !!inner),
  };
}"""
# A key pressed before the first picture of a page goes nowhere.
DRAWN = "() => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
# No mouse, no finger: any of them is noted over all pages of the tab.
POINTED = """for (const kind of ["pointerdown", "mousedown", "touchstart"])
  addEventListener(kind, () => sessionStorage.setItem("pointed", kind), true);"""


class Keys:
    """A person at a keyboard; every press is counted, every stop must show where it is."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses = page, 0
        page.context.add_init_script(POINTED)
        # Heard from the start: a chooser that opens before the browser was told to hand it over is nobody's.
        self.choosers: list[FileChooser] = []
        page.on("filechooser", self._opened)

    def _opened(self, chooser: FileChooser) -> None:
        self.choosers.append(chooser)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.presses += 1
            self.page.keyboard.press(key)

    def types(self, text: str) -> None:
        self.page.keyboard.type(text)

    def leads(self, key: str) -> None:
        """A key after which another page stands there."""
        with self.page.expect_navigation():
            self.press(key)
        self.page.evaluate(DRAWN)

    @property
    def stand(self) -> dict[str, Any]:
        found = self.page.evaluate(STANDS)
        assert found, f"the focus is lost on {self.page.url}"
        return found

    def tab_to(self, name: str | re.Pattern[str], most: int = 80) -> dict[str, Any]:
        """Tab until the thing of this name; whatever is passed must be seen to be passed."""
        wanted = re.compile(re.escape(name)) if isinstance(name, str) else name
        passed = []
        for _n in range(most):
            self.press("Tab")
            if self.page.evaluate("document.activeElement === document.body"):
                continue  # past the end, and round again
            stand = self.stand
            assert stand["is_seen"], f"{stand} on {self.page.url} does not show that it has the focus"
            if wanted.search(stand["name"]):
                return stand
            passed.append(stand["name"])
        raise AssertionError(f"{name} is not reached on {self.page.url} by Tab; passed {passed}")

    def chooses(self, file: Path) -> None:
        """The file, by the box of files that has the focus; the key again where a slow machine lost it."""
        for _again in range(4):
            self.press("Enter")
            with suppress(TooLate):
                if not self.choosers:
                    self.page.wait_for_event("filechooser", timeout=10_000)
                self.choosers.pop().set_files(file)
                self.choosers.clear()
                return
        raise AssertionError(f"no chooser of files opens on {self.page.url} from {self.stand}")

    def stand_or_none(self) -> str | None:
        """What has the focus without a step, if anything."""
        found = self.page.evaluate(STANDS)
        return found and found["tag"]

    def pointed(self) -> str | None:
        return self.page.evaluate("sessionStorage.getItem('pointed')")


class Clicks:
    """A person with a mouse; every click is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def on(self, name: str | re.Pattern[str], role: str = "button") -> None:
        self.count += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self.page.wait_for_load_state()
