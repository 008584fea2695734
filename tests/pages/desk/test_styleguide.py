"""The style guide draws each component by its own template, and every token; it is there for administrators alone."""

from __future__ import annotations

import re
from pathlib import Path

from clients.views import styleguide
from documents.children import ROOT

# The frame of every page, which the guide has itself.
FRAME = {
    "copy", "desk-sheets", "errors", "head", "keys", "menu-doors", "menu-mine", "messages", "scripts", "sheets", "skip",
    "words", "seeing", "countries",
}  # fmt: skip


def test_every_component_stands_there_drawn_by_its_own_template():
    guide = (Path(ROOT) / "templates/clients/styleguide.html").read_text()
    drawn = set(re.findall(r'include "components/([\w-]+)\.html"', guide))

    assert drawn | FRAME == {path.stem for path in (Path(ROOT) / "templates/components").glob("*.html")}


def test_every_colour_size_and_space_has_its_sample():
    css = Path(ROOT) / "static/css"
    samples = (css / "pages/styleguide.css").read_text()

    shown = re.findall(r"\[data-(?:swatch|size|space)=([\w-]+)\]", samples)
    assert sorted(shown) == sorted([*styleguide.colours(), *styleguide.SIZES, *styleguide.SPACES])
    named = set(re.findall(r"--([ts]\d):", (css / "tokens.css").read_text()))
    assert named == {*styleguide.SIZES, *styleguide.SPACES}


def test_both_schemes_beside_each_other_have_the_colours_of_the_tokens():
    css = Path(ROOT) / "static/css"
    tokens, samples = (css / "tokens.css").read_text(), (css / "pages/styleguide.css").read_text()
    light, _media, dark = tokens.partition("@media (prefers-color-scheme: dark)")

    for scheme, block in (("light", light), ("dark", dark.partition("@media")[0])):
        forced = re.search(rf"\[data-scheme={scheme}\] {{ (.*) }}", samples).group(1)
        colours = [re.findall(r"(--[\w-]+): *(#\w+)", text) for text in (forced, block)]
        assert colours[0] == colours[1] and len(colours[0]) == len(styleguide.colours())


def test_it_is_there_for_administrators_and_in_the_demo(agency, as_page, root, mei, ada, settings):
    page = as_page(root).get("/styleguide/").content.decode()
    assert styleguide.UNBROKEN in page and 'aria-invalid="true"' in page and "Nothing here" in page
    for person in (mei, ada):
        assert as_page(person).get("/styleguide/").status_code == 404
    settings.DEMO = True
    for person in (mei, ada):
        assert as_page(person).get("/styleguide/").status_code == 200
    answer = as_page(ada).post("/styleguide/", {"note": "x"}, follow=True)
    assert "nothing was done" in answer.content.decode()
    told = as_page(ada).post("/styleguide/", {"filename": "a.jpg"}, content_type="application/json")
    assert told.status_code == 409 and "nothing was done" in told.json()["detail"]
