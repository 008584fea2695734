"""A portal in which every form stands on some page: a case at every stop, and each thing that waits for a person."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client as Browser
from django.utils import timezone

from cases.models import Case, Duty, Incoming, Phase, SavedView
from cases.services import bulk, commercial, incoming, moves, phones, preflight, progress
from cases.services.listening import report_message
from cases.services.opening import open_case
from clients import sight
from clients.models import Client, Membership, User
from clients.services.feeds import make_feed
from clients.services.invitations import invite_person
from clients.tokens import new_token
from documents.services import ask_form, start_parts
from notifications.models import Notification
from notifications.services import relay_events
from rights.services import ask_erasure
from rulebook.services import load_shipped
from tests.api.filings import drive, get_ready, make_case
from tests.documents import samples
from tests.documents.cast import checked, open_upload, send
from tests.factories import make_person
from tests.fixtures import browser_of
from tests.hooks.cast import held_hook, told_to_hook
from tests.journeys.pages import PAGES, address, routes
from tests.letterbox.cast import filed_letter, unsorted_letter

STOPS = ("provider_pre_audit", "photo", "miit_review", "licensed", "psb_filed", "commercial_licensed")


def make_world(
    harbour: Client, lotus: Client, *, mei: User, ada: User, lim: User, root: User
) -> dict[str, str]:
    """References of one thing of each kind; the cases by their stop."""
    cases = {
        stop: drive(make_case(harbour, mei, name=f"{stop.replace('_', '-')}.example"), stop, mei)
        for stop in STOPS
    }
    with sight.every_client():
        load_shipped()
        draft = cases["draft"] = make_case(harbour, mei)
        cases["empty"] = open_case(
            harbour, by=mei, given={"domain": {"name": "empty.example"}, "province": "SH"}
        )
        _ring(cases, by=mei)
        sells = cases["psb_filed"]
        commercial.decide(sells, needed=True, foreign_capital=True, why="Visitors pay.", by=mei)
        commercial.appoint(
            sells,
            on=timezone.localdate() + timedelta(days=9),
            office="Window 3",
            carried="The licence",
            by=mei,
        )
        paper = draft.requirements.get(kind="passport")
        document = checked(send(paper, samples.small_jpeg(), by=ada))
        licence = draft.requirements.get(kind="business_licence")
        upload = open_upload(licence, by=ada)
        start_parts(licence, by=ada, filename="half.jpg", size=9_000_000, content_type="image/jpeg")
        form = ask_form(draft.requirements.get(kind="verification_form"), by=ada)
        phones.ask_code(draft, "head", by=ada)
        preflight.press(cases["empty"], by=mei)
        progress.write_note(draft, "Could you call me?", by=mei, audience="client")
        relay_events()
        make_feed(ada)
        Notification.objects.filter(case=draft, channel="mail").update(state="sent", sent_at=timezone.now())
        return {
            **{stop: case.reference for stop, case in cases.items()},
            "case": draft.reference,
            "message": Notification.objects.filter(case=draft, channel="mail").first().reference,
            "requirement": paper.reference,
            "form": cases["returned"].requirements.get(kind="verification_form").reference,
            "face": cases["photo"].requirements.get(kind="face_verification").reference,
            "document": document.reference,
            "upload": upload.reference,
            "handout": form.reference,
            "duty": Duty.objects.get(case=cases["licensed"], kind="domain", state="open").reference,
            "proposal": report_message(cases["miit_review"], "您的备案已审核通过", by=ada).reference,
            "client": harbour.reference,
            "invitation": invite_person(
                "new@harbour.example", role="responsible", client=harbour, by=mei
            ).reference,
            "further": invite_person(ada.email, role="contact", client=lotus, by=mei).reference,
            "place": Membership.objects.get(user=ada, client=harbour).reference,
            "person": ada.reference,
            "limited": lim.reference,
            "token": new_token(ada)[1].reference,
            "view": SavedView.objects.create(user=root, name="Mine").reference,
            **told_to_hook(root),
            **filed_letter(draft, ada),
            "held_hook": held_hook(root),
            "unsorted": unsorted_letter(),
            "incoming": _judged(by=root),
            "erasure": ask_erasure(
                by=make_person("nan@harbour.example", name="Nan", role="responsible", client=harbour)
            ).reference,
            "run": bulk.choose("hold", [draft.reference], query={}, is_whole=False, by=root).reference,
        }


def _judged(*, by: User) -> str:
    """A spreadsheet that waits for the word, with a row of each kind."""
    row = Incoming.objects.create(by=by, key="imports/none")
    sheet = [
        ["Client", "Domain"],
        ["Willow Tea", "tea.example"],
        ["Willow Tea", ""],
        ["Willow Tea", "tea.example"],
    ]
    incoming.keep_rows(row, list(enumerate(sheet, start=1)))
    incoming.judge(row)
    Incoming.objects.filter(pk=row.pk).update(phase=Phase.JUDGED)
    return row.reference


def _ring(cases: dict[str, Case], *, by: User) -> None:
    """A call that nobody took, a filing that came back, one that rests."""
    progress.log_call(cases["provider_pre_audit"], "They rang.", by=by, who="provider", is_missed=True)
    back = make_case(cases["draft"].client, by, name="returned.example")
    get_ready(back)
    moves.move_case(back, "submit", by=by)
    reasons = [{"code": "id_unclear", "requirements": [], "note": "Blurred."}]
    cases["returned"] = moves.move_case(back, "return_for_changes", by=by, reasons=reasons)
    rests = make_case(cases["draft"].client, by, name="rests.example")
    cases["held"] = moves.move_case(rests, "hold", by=by, data={"until": "2099-01-01"}, note="As agreed.")


# Pages that say something of a case at one stop only; all others are opened of the draft.
OF_STOP = {
    "cases/<str:reference>/call/": "provider_pre_audit",
    "cases/<str:reference>/changes/": "commercial_licensed",
    "cases/<str:reference>/checks/": "licensed",
    "cases/<str:reference>/commercial/": "psb_filed",
    "cases/<str:reference>/footer/": "licensed",
    "cases/<str:reference>/licence-application/": "psb_filed",
    "cases/<str:reference>/psb-filing/": "licensed",
    "cases/<str:reference>/sms-codes/": "miit_review",
    "cases/<str:reference>/watch/": "licensed",
    "cases/<slug:reference>/messages/": "draft",
}


def seeds(world: dict[str, str], who: str) -> list[str]:
    """Every address that this person may open, with a thing of this world in it, and every case's own page."""
    found = [f"/cases/{world[stop]}/" for stop in ("draft", "empty", "returned", "held", *STOPS)]
    for route, page in PAGES.items():
        if who in page.get:
            found.append(address(route, world.get(OF_STOP.get(route, page.of), ""), world["place"]))
    found += [f"/cases/{world['draft']}/facts/{thing}/" for thing in ("subject", "head", "manager")]
    found += [
        f"/cases/{world['empty']}/facts/subject/",
        f"/tasks/{world['form']}/",
        f"/tasks/{world['face']}/",
    ]
    if who == "root":
        found += [
            "/cases/?as=board",
            f"/settings/hooks/{world['held_hook']}/",
            f"/letters/{world['unsorted']}/",
        ]
    found += [f"/{route}" for route in routes() if route.startswith("accounts/") and "<" not in route]
    return found


def visitor(user: User | None, world: dict[str, str]) -> Browser:
    """A browser of theirs; one who was invited elsewhere came by that link."""
    browser = browser_of(user) if user else Browser()
    browser.raise_request_exception = False
    if user and world["further"]:
        with sight.at_the_door():
            session = browser.session
            session["invitation"] = world["further"]
            session.save()
    return browser
