"""The scripts in a real browser: nothing typed or chosen is lost."""

import json
import re
from urllib.parse import parse_qsl

import pytest

from tests.documents import samples
from tests.look.conftest import portal

FORM = portal(
    '<form class="form" data-autosave="/save" method="post" novalidate>{% csrf_token %}'
    '<input type="hidden" name="drawn:name" value="7">'
    '<div class="field" data-field="name"><label for="n">Name</label>'
    '<p class="field-error" id="n_error" data-field-error hidden></p>'
    '<input class="input" id="n" name="name"><p class="field-state" role="status" data-field-state></p></div></form>'
)
DROP = portal(
    '{% include "components/drop.html" with start="/start" finish="/uploads/UPLOAD/done" csrf_token="t" only %}'
    '<ul class="files" id="files"></ul>'
)
PHOTO = {"name": "IMG_2041.HEIC", "mimeType": "", "buffer": b"x" * 5000}


def sent(call) -> dict[str, str]:
    """The fields of what the script sent."""
    return dict(re.findall(r'name="([^"]+)"\r\n\r\n(.*?)\r\n--', call.post_data or "", re.DOTALL))


def test_an_answer_is_saved_as_typed(stage):
    stage.answers["/save"] = {"drawn": "8", "saved": "14:02"}
    page = stage.show(FORM)

    page.fill("#n", "Ann")

    page.get_by_text("saved 14:02").wait_for()
    call = stage.asked("/save")[0]
    assert sent(call)["name"] == "Ann" and sent(call)["drawn:name"] == "7"
    assert page.locator("[name='drawn:name']").input_value() == "8"


def test_the_button_waits_for_the_answer_that_is_on_its_way(stage):
    stage.answers["/save"] = {"drawn": "8", "saved": "14:02"}
    page = stage.show(FORM.replace("</form>", "<button>Done</button></form>"))

    page.fill("#n", "Ann")
    page.locator("#n").blur()
    with page.expect_navigation():
        page.get_by_role("button", name="Done").click()

    (posted,) = [call for call in stage.asked("/") if call.method == "POST"]
    last, told = sent(stage.asked("/save")[-1]), dict(parse_qsl(posted.post_data))
    assert (told["name"], told["drawn:name"]) == ("Ann", "8")
    assert told["page"] == last["page"] and int(told["turn"]) > int(last["turn"])


def test_an_error_stands_beside_its_field_and_the_text_stays(stage):
    stage.answers["/save"] = {"status": 422, "errors": {"name": "Three letters at least."}}
    page = stage.show(FORM)

    page.fill("#n", "An")

    page.get_by_text("Three letters at least.").wait_for()
    assert page.locator("[data-field-state]").first.inner_text() == "not saved yet"
    assert page.locator("#n").get_attribute("aria-describedby") == "n_error"
    assert page.locator("#n").input_value() == "An"


def test_whoever_was_slower_is_told_and_keeps_the_text(stage):
    stage.answers["/save"] = {"status": 409, "detail": "Mei changed it at 14:01."}
    page = stage.show(FORM)

    page.fill("#n", "Ann")

    page.get_by_text("Mei changed it at 14:01.").wait_for()
    assert page.locator("#n").input_value() == "Ann"


def test_without_a_line_the_answer_waits_and_goes_later(stage):
    lines = iter([None, {"drawn": "8", "saved": "14:03"}])
    stage.answers["/save"] = lambda _request: next(lines)
    page = stage.show(FORM)

    page.fill("#n", "Ann")

    page.get_by_text("No connection").wait_for()
    page.get_by_text("saved 14:03").wait_for()


def test_whoever_types_without_a_pause_is_saved_meanwhile(stage):
    stage.answers["/save"] = {"drawn": "8", "saved": "14:02"}
    page = stage.show(FORM)

    page.locator("#n").press_sequentially("a" * 40, delay=100)
    meanwhile = stage.asked("/save")
    with page.expect_response(lambda answer: sent(answer.request).get("name") == "a" * 40):
        page.locator("#n").blur()

    assert meanwhile and len(sent(meanwhile[0])["name"]) < 40


@pytest.mark.long  # it waits longer from one try to the next
def test_what_the_server_could_not_do_or_somebody_else_answered_is_sent_again(stage):
    """A fault, too much at once, and the page of a hotel's line are no answers; what waited behind goes too."""
    again = {"drawn": "8", "saved": "14:03"}
    lines = iter([503, "<h1>Welcome to our hotel</h1>", {"status": 429}, again, again])
    stage.answers["/save"] = lambda _request: next(lines)
    page = stage.show(FORM)

    page.fill("#n", "Ann")

    page.get_by_text("Not saved yet. We try again by ourselves").wait_for()
    page.get_by_text("saved 14:03").wait_for(timeout=40_000)
    assert [sent(call)["name"] for call in stage.asked("/save")] == ["Ann"] * 4


def test_a_page_that_is_put_aside_sends_at_once_what_waits(stage):
    stage.answers["/save"] = {"drawn": "8", "saved": "14:02"}
    page = stage.show(FORM)

    page.evaluate(
        """() => {
          const box = document.querySelector("#n");
          box.value = "Ann";
          box.dispatchEvent(new Event("input", { bubbles: true }));
          Object.defineProperty(document, "hidden", { value: true });
          document.dispatchEvent(new Event("visibilitychange"));
          window.state = document.querySelector("[data-field=name]").dataset.state;
        }"""
    )

    assert page.evaluate("window.state") == "saving"
    page.get_by_text("saved 14:02").wait_for()
    assert len(stage.asked("/save")) == 1


def test_only_what_a_browser_lets_outlive_its_page_is_sent_so(stage):
    stage.answers["/save"] = {"drawn": "8", "saved": "14:02"}
    page = stage.show(
        FORM.replace('<input class="input" id="n" name="name">', '<textarea id="n" name="name"></textarea>')
    )
    page.evaluate(
        """() => {
          const ask = window.fetch;
          window.outlives = [];
          window.fetch = (to, how) => (window.outlives.push(how.keepalive), ask(to, how));
        }"""
    )

    for text in ("港" * 30_000, "港"):
        with page.expect_response("**/save"):
            page.fill("#n", text)
        page.locator("[data-field=name][data-state=saved]").wait_for()

    assert page.evaluate("window.outlives") == [False, True]


def test_a_paper_survives_a_broken_line(stage):
    lines = iter([None, 204])
    stage.answers["/start"] = {"upload": "u1", "url": "/store", "fields": {"key": "q/1", "policy": "p"}}
    stage.answers["/store"] = lambda _request: next(lines)
    stage.answers["/uploads/u1/done"] = {"document": "d1", "state": "/papers/d1"}
    stage.answers["/papers/d1"] = (
        '<li id="d1"><span class="mark" data-state="checking">being checked</span></li>'
    )
    page = stage.show(DROP)

    page.set_input_files("input[type=file]", PHOTO)

    page.get_by_text("no connection; trying again").wait_for()
    page.locator("#d1").wait_for()
    asked = json.loads(stage.asked("/start")[0].post_data)
    assert asked == {"filename": "IMG_2041.HEIC", "size": 5000, "content_type": "image/heic"}
    assert len(stage.asked("/start")) == 1  # its form still lives
    assert stage.asked("/store")[1].post_data_buffer.index(b"policy") < stage.asked("/store")[
        1
    ].post_data_buffer.index(b"xxxx")


def test_a_refused_paper_says_why_and_can_be_tried_again(stage):
    answers = iter(
        [
            {"status": 429, "detail": "Twenty papers are under way. Wait for them."},
            {"upload": "u1", "url": "/store", "fields": {}},
        ]
    )
    stage.answers["/start"] = lambda _request: next(answers)
    stage.answers["/store"] = 204
    stage.answers["/uploads/u1/done"] = {"document": "d1"}
    page = stage.show(DROP)

    page.set_input_files("input[type=file]", PHOTO)
    page.get_by_text("Twenty papers are under way.").wait_for()
    page.get_by_role("button", name="Try again").press("Enter")

    page.get_by_text("sent, being checked").wait_for()
    assert page.evaluate("document.activeElement.closest('#files > li') !== null"), "the focus is lost"


def test_a_file_nobody_can_take_is_not_even_sent(stage):
    page = stage.show(DROP)

    page.set_input_files(
        "input[type=file]",
        [
            {"name": "run.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"},
            {"name": "empty.jpg", "mimeType": "image/jpeg", "buffer": b""},
        ][:1],
    )

    page.get_by_text("We can take JPEG").wait_for()
    assert not stage.asked("/start")


def test_a_picture_of_too_few_dots_is_held_back_and_may_go_all_the_same(stage):
    stage.answers["/start"] = {"status": 429, "detail": "Later."}
    page = stage.show(DROP)
    small = {"name": "small.jpg", "mimeType": "image/jpeg", "buffer": samples.small_jpeg()}

    for _ in range(2):
        page.set_input_files("input[type=file]", small)
    page.get_by_text("only 320 × 200 dots").nth(1).wait_for()
    page.get_by_role("button", name="Cancel").first.click()
    assert not stage.asked("/start") and page.locator("#files > li").count() == 1
    page.get_by_role("button", name="Send it all the same").click()

    page.get_by_text("Later.").wait_for()


def test_a_fact_is_copied_and_the_key_says_so(stage):
    page = stage.show(
        portal(
            '<dl class="facts">{% include "components/fact.html" with label="USCC" value="9131" copy=True only %}</dl>'
        )
    )

    page.locator(".copy").click()

    page.get_by_text("Copied", exact=True).wait_for()


def test_the_keys_move_and_rest_while_somebody_types(stage):
    stage.page.set_viewport_size({"width": 1440, "height": 740})
    rows = "".join(f'<tr><td><a href="#r{n}">row {n}</a></td></tr>' for n in range(3))
    page = stage.show(
        portal(
            f'<table class="ledger"><tbody>{rows}</tbody></table><input class="input" id="t" aria-label="t">',
            "desk.html",
        )
    )

    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("[data-cursor]").inner_text() == "row 1"
    page.fill("#t", "")
    page.locator("#t").press("j")
    assert page.locator("[data-cursor]").inner_text() == "row 1"
    page.locator("#t").blur()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("k")
    assert page.locator("[data-cursor]").inner_text() == "row 1"
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("?")
    page.mouse.click(5, 700)
    assert not page.locator("#keys").is_visible()


def test_a_failed_swap_is_said_in_the_page(stage):
    stage.answers["/rows"] = 500
    page = stage.show(portal('<a href="/rows" hx-get="/rows" hx-target="#main">more</a>'))

    page.get_by_text("more").click()

    page.get_by_text("That did not work.").wait_for()
