"""Walks that people make every day, in a real browser: twenty papers without a mouse, three late cases told in a
minute, an old spreadsheet, a form on two phones, a session that ended; each with what it costs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from email.utils import parseaddr

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from django.utils import timezone
from openpyxl import Workbook

from cases.deadlines import beijing_day
from cases.models import Case, CaseEvent, Incoming, Phase
from cases.services import bulk
from cases.services import incoming as coming
from cases.services.changing import change_facts
from cases.services.opening import open_case
from clients import sight
from clients.services.invitations import invite_person, mint_invitation_token
from documents import services
from documents.models import Document
from notifications.models import Notification
from notifications.services import deliver_due, relay_events
from tests.cases.test_incoming import HEADINGS, dirty_rows
from tests.documents import samples
from tests.documents.cast import checked, send
from tests.factories import PASSWORD
from tests.journeys.test_everywhere import RULES
from tests.journeys.walking import Clicks, Keys
from tests.pages.desk.cast import opened
from tests.pages.desk.test_browser import look, sign_in
from tests.pages.portal.test_browser import check_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.timeout(500)]

KINDS = ("passport", "business_licence", "verification_form", "domain_certificate")


@pytest.fixture
def twenty(store, agency, harbour, lotus, mei, ada) -> list[Document]:
    """Papers that have come, of five cases."""
    found = []
    for n in range(5):
        case = opened(lotus if n % 2 else harbour, mei, domain=f"site{n}.example")
        with sight.every_client():
            for kind in KINDS:
                picture = samples.small_jpeg((320 + len(found), 200))
                found.append(checked(send(case.requirements.get(kind=kind), picture, by=mei)))
    return found


def test_a_specialist_clears_twenty_papers_by_keyboard_alone(page, wen, twenty):
    """A key a paper that is right, two for one that is not; the note costs two more and its words."""
    keys = Keys(page)
    sign_in(page, wen)
    page.goto("/")
    keys.press("j")
    keys.tab_to("Review")
    keys.leads("Enter")
    keys.presses, seen = 0, []
    while "/review/" in page.url:
        here = page.url
        seen.append(here)
        if len(seen) % 4 == 0:
            keys.press("1")
            if len(seen) % 8 == 0:
                keys.press("n")
                keys.types("The upper corner is cut off; a and r are letters here.")
                assert keys.stand["tag"] == "textarea"
                keys.press("Escape")
            keys.leads("r")
        else:
            keys.leads("a")
        assert page.url != here
        page.get_by_text(re.compile("Accepted:|Returned:")).first.wait_for()

    assert len(set(seen)) == len(seen) == 20
    assert keys.presses == 20 + 5 + 2 * 2
    assert keys.pointed() is None
    with sight.every_client():
        states = list(Document.objects.values_list("state", flat=True))
        assert (states.count("accepted"), states.count("returned")) == (15, 5)
        assert Document.objects.filter(note__startswith="The upper corner").count() == 2


def test_a_manager_finds_three_cases_that_will_be_late_and_tells_their_clients_in_four_clicks(
    page, agency, harbour, lotus, mei, ada, bo, mailoutbox
):
    today = beijing_day(timezone.now())
    cases = [opened(lotus if n == 2 else harbour, mei, domain=f"site{n}.example") for n in range(8)]
    with sight.every_client():
        for n, case in enumerate(cases[:5]):
            whole = Case.objects.with_facts().get(pk=case.pk)
            day = today + timedelta(days=2 if n < 3 else 300)
            change_facts(whole, {"promised_on": day.isoformat()}, by=mei)
    sign_in(page, mei)
    page.goto("/cases/?as=table")
    page.goto("/")

    hand = Clicks(page)
    hand.on(re.compile("3 cases will miss the day promised"), "link")
    hand.on("Select all of this page", "checkbox")
    hand.on("Write to the client")
    page.get_by_text("3 will be done.").wait_for()
    assert page.get_by_text("Promised for").count() == 3
    page.get_by_label("Message, read by the client").fill("The bureau takes longer this month.")
    hand.on("Write to the client: 3 cases")
    for waiting in bulk.waiting_runs():
        bulk.do_run(waiting)
    page.get_by_text("3 cases done").wait_for()

    assert hand.count == 4
    now = timezone.now() + timedelta(minutes=2)
    with sight.every_client():
        relay_events()
        assert (
            Notification.objects.filter(kind="note.to_client", channel="mail", state="planned").count() == 3
        )
    deliver_due(now=now)
    told = [one for one in mailoutbox if "takes longer this month" in one.body]
    assert sorted(parseaddr(one.to[0])[1] for one in told) == [ada.email, bo.email]
    with sight.every_client():
        notes = CaseEvent.objects.filter(kind="note.written", audience="client")
        assert {note.case.domain_name for note in notes} == {f"site{n}.example" for n in range(3)}


@pytest.fixture
def enters(new_page):
    """`enters(ada)` is a browser in which she is signed in."""

    def enter(user, **options):
        page = new_page(**options)
        sign_in(page, user, user.language)
        return page

    return enter


def test_a_manager_does_it_without_a_mouse(enters, agency, harbour, mei, ada):
    """From the search to the confirmed act for two cases, and into one of them; the list drawn anew keeps the focus."""
    cases = [opened(harbour, mei, domain=f"{name}.example") for name in ("tea", "teapot", "silk")]
    page = enters(mei, viewport={"width": 1440, "height": 900})
    keys = Keys(page)
    page.goto("/cases/?as=table")

    keys.tab_to("Stage")
    keys.press("ArrowDown")
    page.wait_for_url(re.compile("stage=draft"))
    assert keys.stand["tag"] == "select"
    keys.press("Escape")
    page.evaluate("document.activeElement.blur()")
    keys.press("/")
    keys.types("tea")
    keys.leads("Enter")
    keys.press("j", "x", "j", "x")
    page.get_by_text("2 selected").wait_for()
    keys.tab_to(re.compile("^Remind the client$"))
    keys.leads("Enter")
    page.get_by_text("2 will be done.").wait_for()
    keys.tab_to("Remind the client: 2 cases")
    keys.leads("Enter")
    for waiting in bulk.waiting_runs():
        bulk.do_run(waiting)
    page.get_by_text("2 cases done").wait_for()
    keys.press("g", "c")
    page.wait_for_url(re.compile("/cases/"))
    page.get_by_role("heading", name="Cases").wait_for()
    keys.press("j")
    keys.leads("Enter")

    assert page.url.endswith(tuple(case.get_absolute_url() for case in cases))
    assert keys.pointed() is None
    with sight.every_client():
        told = CaseEvent.objects.filter(kind="client.reminded").values_list("case__domain_name", flat=True)
        assert set(told) == {"tea.example", "teapot.example"}


@pytest.mark.timeout(900)
def test_a_manager_brings_in_a_dirty_spreadsheet_without_a_mouse(page, store, agency, mei, tmp_path):
    """Two thousand rows: read from a file, its columns set right, each bad row named, brought in once, taken back."""
    rows, expected = dirty_rows(2000, "=1+1")
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in ([heading if heading != "域名" else "Where" for heading in HEADINGS], *rows):
        sheet.append(row)
    book.save(tmp_path / "old list.xlsx")
    sign_in(page, mei)
    keys = Keys(page)

    def worked() -> None:
        """What the worker does; the page looks again by itself."""
        with sight.every_client():
            incoming = Incoming.objects.get()
        if incoming.phase == Phase.READING:
            services.read_incoming(incoming.pk)
        while not coming.go_on(incoming.pk):  # more was left than a turn of the worker takes
            pass

    def presses(name: str, key: str = "Enter") -> None:
        keys.tab_to(name)
        keys.leads(key)

    page.goto("/imports/")
    presses("Bring in a spreadsheet")
    keys.tab_to("Spreadsheet")
    keys.chooses(tmp_path / "old list.xlsx")
    presses("Send")
    presses("Look it through")
    worked()
    page.get_by_text("No column was recognised as: Domain").wait_for()
    keys.tab_to("B: Where")
    keys.types("Dom")
    presses("Look through it again so")
    worked()
    page.get_by_text(f"{expected['new']} cases will come in").wait_for()
    page.get_by_text(f"{expected['known']} rows are here already or stand twice").wait_for()
    page.get_by_text(f"{expected['wrong']} rows cannot come in").wait_for()
    assert page.get_by_text("D, ICP备案号:").count() > 1
    keys.tab_to(f"Bring in {expected['new']} cases")
    with page.expect_navigation():
        keys.press("Enter", "Enter")
    worked()
    page.get_by_text(f"{expected['new']} cases came in").wait_for()
    with sight.every_client():
        licensed = Case.objects.filter(stage="licensed", licensed_on=date(2026, 3, 1))
        assert licensed.count() == expected["new"]
    keys.tab_to("Take all of it back")
    keys.press("Enter")
    presses("Take it back")
    worked()

    page.get_by_text(f"{expected['new']} cases taken back").wait_for()
    assert keys.pointed() is None


def test_a_client_comes_in_and_sends_a_paper_without_a_mouse(
    new_page, store, agency, harbour, mei, mailoutbox, tmp_path
):
    """Invitation, code, task, file, receipt; each stop of the way shows where it is."""
    case = opened(harbour, mei)
    with sight.every_client():
        invitation = invite_person("eva@harbour.example", name="Eva", role="contact", client=harbour, by=mei)
        token = mint_invitation_token(invitation.pk)
        case.requirements.exclude(kind="business_licence").update(state="waived")
    photo = tmp_path / "licence.jpg"
    photo.write_bytes(samples.camera_jpeg((1200, 900)))
    page = new_page(viewport={"width": 360, "height": 740})
    keys = Keys(page)

    page.goto(f"/invitations/{token}/")
    keys.tab_to("Send me the code")
    keys.leads("Enter")
    if keys.stand_or_none() != "input":
        keys.tab_to("Code")
    keys.types(re.search(r"[A-Z]{4}-[A-Z]{4}", mailoutbox[-1].body).group())
    keys.leads("Enter")
    page.goto("/")
    keys.tab_to("Business licence")
    keys.leads("Enter")
    keys.tab_to("Take a photo or choose a file")
    keys.chooses(photo)
    row = page.locator("#files > li", has_text="licence.jpg")
    row.get_by_text("being checked").wait_for()
    check_all()
    row.get_by_text("arrived, we look at it next").wait_for(timeout=90_000)

    assert keys.pointed() is None
    with sight.every_client():
        assert Document.objects.get().state == "available"


def test_a_form_goes_on_where_a_closed_tab_and_another_phone_left_it(enters, agency, harbour, mei, ada):
    """Typed and closed at once; gone on with elsewhere; the slower tab is told, and keeps what stands in it."""
    with sight.every_client():
        case = open_case(harbour, by=mei, given={"domain": {"name": "harbour.example"}})
    path = f"/cases/{case.reference}/facts/subject/"
    phone = enters(ada, viewport={"width": 360, "height": 740})
    phone.goto(path)
    phone.get_by_label("Name on the certificate").fill("Harbour Example Ltd")
    phone.locator("[data-field=subject-name][data-state=saved]").wait_for()
    phone.locator("[name=subject-name_zh]").fill("港湾示例有限公司")
    phone.close(run_before_unload=True)  # within the moment in which nothing is on its way yet

    laptop, old_tab = enters(ada), enters(ada)
    for _patience in range(50):
        laptop.goto(path)
        if laptop.locator("[name=subject-name_zh]").input_value():
            break
    assert laptop.locator("[name=subject-name]").input_value() == "Harbour Example Ltd"
    assert laptop.locator("[name=subject-name_zh]").input_value() == "港湾示例有限公司"
    old_tab.goto(path)
    laptop.locator("[name=subject-name]").fill("Harbour Trading Ltd")
    laptop.locator("[data-field=subject-name][data-state=saved]").wait_for()
    old_tab.locator("[name=subject-name]").fill("Harbor Ltd")
    old_tab.locator("[data-field=subject-name][data-state=unsaved]").wait_for()
    assert old_tab.locator("[name=subject-name]").input_value() == "Harbor Ltd"
    end_sessions()
    laptop.locator("[name=subject-name_zh]").fill("港湾贸易有限公司")
    laptop.locator("[data-field=subject-name_zh][data-state=unsaved]").wait_for()

    assert laptop.locator("[name=subject-name_zh]").input_value() == "港湾贸易有限公司"
    with sight.every_client():
        assert Case.objects.with_facts().get(pk=case.pk).subject.name == "Harbour Trading Ltd"


def test_second_clicks_ended_sessions_and_the_way_back_lose_and_double_nothing(enters, agency, harbour, mei):
    case = opened(harbour, mei)
    page = enters(mei, viewport={"width": 1440, "height": 900})
    page.goto("/clients/?add")
    for name, text in (("name", "Heron Ltd"), ("contact_name", "Hana"), ("contact_email", "h@heron.example")):
        page.locator(f"main [name={name}]").fill(text)
    page.get_by_role("button", name="Add and invite").dblclick()
    page.get_by_text("Heron Ltd").first.wait_for()
    page.goto(f"/cases/{case.reference}/notes/internal/")
    page.locator("main textarea").fill("They call back on Monday.")
    end_sessions()
    page.locator("main form button").first.dblclick()
    page.locator("[name=login]").fill(mei.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("They call back on Monday.").wait_for()
    look(page, "put-aside")
    page.get_by_role("button", name="Send it now").dblclick()
    page.wait_for_url(re.compile(f"/cases/{case.reference}/(#|$)"))
    page.goto("/cases/?as=table")
    page.get_by_label("Stage", exact=True).select_option("draft")
    page.wait_for_url(re.compile("stage=draft"))
    page.locator(".ledger a").first.click()
    page.wait_for_url(re.compile("/cases/F-"))
    page.go_back()

    assert page.get_by_label("Stage", exact=True).input_value() == "draft"
    with sight.every_client():
        assert list(type(harbour).objects.filter(name="Heron Ltd").values_list("name", flat=True)) == [
            "Heron Ltd"
        ]
        assert CaseEvent.objects.filter(kind="note.written", note="They call back on Monday.").count() == 1


WRONG = """() => {
  const form = document.querySelector("main form[method=post] button[data-kind=primary]")?.form
    ?? document.querySelector("main form[method=post]:has(.field)");
  for (const box of form.elements) {
    if (box.type === "hidden" || !box.name) continue;
    if (box.tagName === "SELECT") box.selectedIndex = 0;
    else if (["checkbox", "radio"].includes(box.type)) box.checked = false;
    else if (box.type === "date") box.type = "text", box.value = "2026-02-30";
    else if (box.type !== "file") box.value = box.maxLength > 0 && box.maxLength < 3 ? "?" : "\\u202e?@";
  }
  form.requestSubmit(form.querySelector("button[data-kind=primary]") ?? undefined);
}"""

STANDS_AT = """() => {
  const one = document.activeElement;
  return one.matches("[data-focus]") ? "summary" : one.matches("[aria-invalid=true]") ? "field" : "";
}"""
LED_TO = "id => document.getElementById(id)?.contains(document.activeElement)"


def test_where_every_answer_is_wrong_the_focus_leads_to_the_first(enters, agency, harbour, mei, root, ada):
    """By the summary, and by its first line to the field; of a single wrong answer to the field itself."""
    case = opened(harbour, mei)
    base = f"/cases/{case.reference}"
    for user, paths in (
        (mei, ("/clients/?add", "/cases/new/", f"{base}/moves/hold/", f"{base}/facts/?of=head")),
        (root, ("/settings/", "/settings/hooks/", "/settings/people/")),
        (ada, (f"{base}/facts/subject/", f"{base}/facts/head/", f"{base}/message/")),
    ):
        page = enters(user, viewport={"width": 1440, "height": 900})
        for path in paths:
            page.goto(path)
            with page.expect_navigation():
                page.evaluate(WRONG)
            stands = page.evaluate(STANDS_AT)
            assert stands, f"{path}: nothing that is wrong has the focus"
            broken = Axe().run(page, options=RULES).response["violations"]
            assert not broken, (path, [(one["id"], one["nodes"][0]["target"]) for one in broken])
            if stands == "summary":
                page.keyboard.press("Tab")
                to = page.evaluate("document.activeElement.getAttribute('href')")
                assert to and to.startswith("#"), f"{path}: {to}"
                page.keyboard.press("Enter")
                page.wait_for_function(LED_TO, arg=to[1:])


def end_sessions() -> None:
    with sight.at_the_door():
        Session.objects.all().delete()
