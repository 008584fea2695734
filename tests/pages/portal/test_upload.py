"""A large photo over a bad line, in a real browser: cut, closed, begun on another phone, and still one paper."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest

from clients import sight
from documents import storage
from documents.models import Document, Upload
from tests.documents import samples
from tests.pages.portal.test_browser import check_all

# A picture as phones send it, as large as an 18 MB one: what lies behind the picture is left out of its copy.
LARGE = 18_000_000
SLOW = 3_000_000  # bytes a second


class Line:
    """The line of one page: slow, cut, mended."""

    def __init__(self, page) -> None:
        self.devtools = page.context.new_cdp_session(page)
        self.is_cut(False)

    def is_cut(self, cut: bool) -> None:
        speed = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW}
        self.devtools.send("Network.emulateNetworkConditions", {"offline": cut, **speed})


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_large_photo_survives_three_cuts_a_closed_tab_and_a_second_phone(enter, case, paper, tmp_path):
    photo = tmp_path / "IMG_2041.JPG"
    photo.write_bytes(samples.camera_jpeg().ljust(LARGE, b"\0"))
    task = f"/tasks/{paper(case, 'business_licence').reference}/"
    sent, again, bars = [], [], []

    def choose(page):
        page.goto(task)
        page.locator("form[data-upload] input[type=file]").set_input_files(photo)
        return page.locator("#files > li", has_text="IMG_2041.JPG")

    def reaches(page, percent):
        bar = page.locator("[data-upload-item] progress").first
        bar.wait_for()
        until = time.monotonic() + 30
        while (value := bar.evaluate("bar => bar.value")) < percent:
            assert time.monotonic() < until, f"the bar stands at {value}"
            page.wait_for_timeout(30)
        bars.append(value)

    def look_before_it_is_sent(route):
        asked = parse_qs(urlsplit(route.request.url).query)
        number, parts_id = int(asked["partNumber"][0]), asked["uploadId"][0]
        key = urlsplit(route.request.url).path.split("/", 2)[2]
        sent.append(number)
        again.extend(one for one in storage.arrived_parts(key, parts_id) if one.number == number)
        route.continue_()

    def comes(**options):
        page = enter(**options)
        page.context.route(re.compile(r"partNumber="), look_before_it_is_sent)
        return page

    first = comes()
    line = Line(first)
    choose(first)
    for percent in (10, 35, 50):
        reaches(first, percent)
        line.is_cut(True)
        first.get_by_text("no connection").wait_for()
        line.is_cut(False)
    reaches(first, 62)
    first.close()
    assert (
        bars == sorted(bars) and bars[-1] < 99
    )  # never back behind where it was cut, but for the part under way

    second = comes()
    second.goto(task)
    second.get_by_text(re.compile(r"of 18.0 MB have arrived. Choose the same file again")).wait_for()
    reaches(second, 58)  # two of its four parts
    line = Line(second)
    tab, other = second.context.new_page(), comes()
    choose(second)
    reaches(second, 60)
    line.is_cut(True)
    second.get_by_text("no connection").wait_for()
    choose(tab).get_by_text("being sent in another tab").wait_for()
    line.is_cut(False)
    for page in (second, tab):
        page.get_by_text(re.compile("being checked|arrived, we look")).first.wait_for(timeout=120_000)
    choose(other).get_by_text(re.compile("being checked|arrived, we look")).wait_for()
    check_all()

    other.locator("#files").get_by_text("arrived, we look at it next").wait_for(timeout=90_000)
    with sight.every_client():
        assert Upload.objects.get().size == LARGE and Document.objects.get().state == "available"
    assert set(sent) == {1, 2, 3, 4} and len(sent) > 4  # what was cut began again,
    assert again == []  # and nothing that the store had already
