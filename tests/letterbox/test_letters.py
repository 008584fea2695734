"""Letters by mail: only what is proven is its writer's, all else waits for people, and nothing moves a case."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone

from cases.models import Case, CaseEvent, Proposal
from cases.services import progress
from clients import sight
from clients.models import Membership
from documents import storage
from documents.services import check_document
from letterbox import services
from letterbox.addresses import meant_by, reply_address
from letterbox.models import Letter, LetterFile
from notifications.services import relay_events
from tests.api.filings import drive, make_case
from tests.documents import samples
from tests.letterbox.cast import BASIC, attached, call, filed_letter, mailgun_letter, postmark_letter, set_up
from tests.notifications.cast import told

pytestmark = pytest.mark.django_db
INBOUND = "/mail/postmark/inbound/"
APPROVED = "【工信部】您的网站备案已审核通过，备案号为沪ICP备2026000001号-1。"


@pytest.fixture
def case(agency, harbour, mei, ada, settings) -> Case:
    set_up(settings)
    made = drive(make_case(harbour, mei), "miit_review", mei)
    relay_events()
    return made


@pytest.fixture
def to(case, ada) -> str:
    """Where Ada answers to letters about her filing."""
    return reply_address(case, ada)


def come(body, path: str = INBOUND) -> Letter:
    """It is handed on, and taken; the row it became."""
    assert call(path, body).status_code == 200
    return newest()


def newest() -> Letter:
    with sight.every_client():
        return Letter.objects.select_related("case", "person").order_by("-id").first()


def notes(case) -> list[CaseEvent]:
    with sight.every_client():
        return list(case.events.filter(kind="note.written").select_related("by").order_by("id"))


def stage(case) -> str:
    with sight.every_client():
        return Case.objects.get(pk=case.pk).stage


# ── The address ──


def test_letters_about_a_filing_are_answered_at_an_address_of_their_own(case, ada, bo, mei, settings):
    mail.outbox.clear()
    with sight.every_client():
        progress.write_note(case, "Could you call me?", by=mei, audience="client")
    told()
    letter = next(one for one in mail.outbox if "ada@" in one.to[0])
    address = reply_address(case, ada)

    assert address in letter.reply_to[0] and len(address.partition("@")[0]) <= 64
    assert meant_by(address.upper()) == (case.reference, ada.reference)
    for other in (
        address.replace("reply+", "reply+x"),
        address.replace(address.partition("@")[0][-20:], "0" * 20),
        address.replace(ada.reference[2:].lower(), bo.reference[2:].lower()),
        address.replace("@reply.", "@other."),
        "reply@reply.willow.example",
        "",
    ):
        assert meant_by(other) is None, other
    settings.MAIL_REPLY_DOMAIN = ""
    assert reply_address(case, ada) == "" and meant_by(address) is None


# ── The door ──


def test_without_the_secret_nobody_is_let_in(case, to, settings):
    body = postmark_letter(to)
    for secret in ("", "Basic", "Basic bWFpbDp3cm9uZw==", "Bearer x", BASIC[:-4], "Basic ÄÖ"):
        answer = call(INBOUND, body, secret)
        assert answer.status_code == 401, secret
    assert call("/mail/mailgun/inbound/", body).status_code == 404
    assert call("/mail/nobody/inbound/", body).status_code == 404
    assert Browser().get(INBOUND).status_code == 405
    for odd in ("[]", "{", '{"RecordType": "Bounce"}', '{"Headers": 3}', "\0"):
        answer = Browser().post(
            INBOUND, odd, content_type="application/json", headers={"Authorization": BASIC}
        )
        assert answer.status_code in (200, 400), odd
    large = Browser().post(
        INBOUND, b"x" * (31 * 1024 * 1024), content_type="application/json", headers={"Authorization": BASIC}
    )
    assert large.status_code == 413
    # Two senders, or a head that brings another along: no letter at all, and the provider says so.
    for change in (
        {"headers": (("From", "Ada <ada@harbour.example>"),)},
        {"subject": "x\r\nBcc: y@z.example"},
    ):
        assert call(INBOUND, postmark_letter(to, "mallory@else.example", **change)).status_code == 400
    settings.ANYMAIL = {"WEBHOOK_SECRET": []}
    assert call(INBOUND, body).status_code == 404
    assert notes(case) == []


# ── Whose it is ──


def test_a_proven_reply_is_a_note_of_its_writer_once_and_keeps_no_number(case, to, ada):
    body = postmark_letter(
        to, text="My new number is 13800138000. Ring me.\n\n> quoted", StrippedTextReply=""
    )
    letter = come(body)
    assert come(body).pk == letter.pk

    (note,) = notes(case)
    assert (note.by, note.audience, note.source) == (ada, "client", "mail")
    assert "Ring me." in note.note and "13800138000" not in note.note
    assert (letter.state, letter.person_id, letter.case_id) == ("filed", ada.pk, case.pk)
    assert "13800138000" in letter.words[1] and b"13800138000" not in bytes(letter.sealed)
    stripped = come(postmark_letter(to, message_id="<2@x>", text="Yes.\n> No?", StrippedTextReply="Yes."))
    assert notes(case)[-1].note == "Yes." and "No?" in stripped.words[1]


FORGED = [
    ({"sender": "mallory@harbour.example"}, "other_sender"),
    ({"sender": "bo@lotus.example"}, "other_sender"),
    ({"tests": "SPF_PASS"}, "not_proven"),
    ({"tests": "DKIM_SIGNED,DKIM_VALID"}, "not_proven"),  # signed, by another domain
    ({"tests": "DKIM_VALID_AU,SPF_FAIL"}, "not_proven"),
    ({"tests": None}, "not_proven"),
    ({"tests": "DKIM_INVALID", "headers": (("X-Spam-Tests", "DKIM_VALID_AU"),)}, "not_proven"),
    ({"headers": (("X-Spam-Tests", "DKIM_VALID_AU"),)}, "not_proven"),
    ({"to": "post@reply.willow.example"}, "no_token"),
    ({"to": "reply+f0000000.p0000000000.00000000000000000000@reply.willow.example"}, "no_token"),
]


def test_a_forged_letter_waits_unsorted_and_is_nobodys_word(case, to):
    """As the client from another address, with a forged From, with heads of the forger's own."""
    for at, (change, why) in enumerate(FORGED):
        letter = come(postmark_letter(**({"to": to, "text": APPROVED, "message_id": f"<{at}@x>"} | change)))

        told = (letter.state, letter.why, letter.case, letter.person)
        assert told == ("unsorted", why, None, None), change
    with sight.every_client():
        assert Letter.objects.count() == len(FORGED)
    assert notes(case) == [] and stage(case) == "miit_review"
    with sight.every_client():
        assert not Proposal.objects.exists()


def test_who_has_left_writes_as_nobody_and_an_answer_of_nobodys_is_put_away(case, to, ada):
    automatic = come(postmark_letter(to, headers=(("Auto-Submitted", "auto-replied"),)))
    assert (automatic.state, automatic.why) == ("discarded", "automatic")
    with sight.every_client():
        Membership.objects.filter(user=ada).update(ended_at=timezone.now())
    assert come(postmark_letter(to, message_id="<3@x>")).why == "no_place"
    assert notes(case) == []


def test_a_false_approval_is_a_proposal_with_its_text_beside_it(case, to, ada, mei, as_page):
    letter = come(postmark_letter(to, text=APPROVED))

    assert letter.state == "filed" and stage(case) == "miit_review" and notes(case) == []
    with sight.every_client():
        proposal = Proposal.objects.select_related("by").get(case=case)
    assert (proposal.meaning, proposal.by, proposal.state) == ("approved", ada, "open")
    page = as_page(mei).get(proposal.get_absolute_url()).content.decode()
    assert "审核通过" in page and "grant_licence" in page

    code = come(
        postmark_letter(
            to, message_id="<4@x>", text="【工信部】您的备案验证码为 123456，请于24小时内短信核验。"
        )
    )
    assert "123456" not in str(code.words)
    with sight.every_client():
        assert all("123456" not in f"{one.note}{one.data}" for one in case.events.all())
        assert all("123456" not in one.text for one in Proposal.objects.all())


def test_staff_answer_for_the_agency_alone(case, mei):
    come(postmark_letter(reply_address(case, mei), sender="mei@willow.example", text=APPROVED))

    (note,) = notes(case)
    assert (note.by, note.audience) == (mei, "internal")


def test_a_signature_counts_where_it_is_the_senders_own(case, to, ada, settings, store):
    set_up(settings, "mailgun")
    path = "/mail/mailgun/inbound/"

    def post(**more):
        given = mailgun_letter(to, "ada@harbour.example", "Here it is.", **more)
        assert Browser().post(path, given, headers={"Authorization": BASIC}).status_code == 200
        return newest()

    for more in ({"signed_by": "mallory.example"}, {"dkim": "Fail"}, {"signed_by": "xharbour.example"}):
        with sight.every_client():
            LetterFile.objects.all().delete()
            Letter.objects.all().delete()
        assert post(**more).why == "not_proven", more
    with sight.every_client():
        LetterFile.objects.all().delete()
        Letter.objects.all().delete()
    letter = post()
    assert letter.state == "filed" and notes(case)[-1].note.startswith("Here it is.\n(by mail, with 1 file)")
    with sight.every_client():
        assert [one.filename for one in letter.files.all()] == ["Licence.pdf"]
    assert (
        Browser().post(path, mailgun_letter(to, "a@b.example", "x")).status_code == 413
    )  # no file without the secret
    forged = mailgun_letter(to, "ada@harbour.example", "x") | {"signature": "0" * 64}
    assert Browser().post(path, forged, headers={"Authorization": BASIC}).status_code == 400


# ── What it says ──


def test_html_is_read_as_text_and_hostile_letters_stay_letters(case, to, mei, as_page):
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>Dear&nbsp;Mei,</p><script>alert(1)</script>"
        "<div>the paper<br>comes <b>today</b></div><!-- no --><img src=x onerror=alert(2)>&lt;b&gt;</body></html>"
    )
    letter = come(postmark_letter(to, text="", HtmlBody=html))
    assert [line for line in letter.words[1].split("\n") if line] == [
        "Dear Mei,",
        "the paper",
        "comes today",
        "<b>",
    ]
    assert notes(case)[-1].note.startswith("Dear Mei,")

    odd = {
        "deep": {"text": "", "HtmlBody": "<div>" * 50_000 + "deep"},
        "long": {"text": "word " * 400_000, "subject": "s" * 5000},
        "signs": {"text": "a\0b\u202ec\u200bd\x1b[31m", "subject": "x\u202e\tBcc: y@z.example"},
        "nothing": {"text": "", "subject": ""},
        "script": {
            "to": "post@reply.willow.example",
            "text": "<script>alert(3)</script>",
            "subject": "<img src=x>",
        },
    }
    for number, (name, change) in enumerate(odd.items()):
        taken = come(postmark_letter(**({"to": to, "message_id": f"<{number}@odd>"} | change)))
        assert taken.why in ("", "no_token"), name
        subject, text = taken.words
        assert (
            len(text) <= 20_000 and len(subject) <= 200 and not re.search(r"[\x00\x1b\u202e]", text + subject)
        ), name
    assert all(len(one.note) <= 2000 and one.note for one in notes(case))
    page = as_page(mei).get(taken.get_absolute_url()).content.decode()
    assert "&lt;script&gt;alert(3)" in page and "<script>alert(3)" not in page and "<img src=x>" not in page


# ── Files ──


def test_a_file_lies_unopened_until_somebody_says_which_paper_it_is(
    case, to, mei, bo, lim, as_page, store, tmp_path
):
    picture = samples.small_jpeg()
    files = [
        attached("../pass\u202eport.jpg", picture, "image/jpeg"),
        attached("x.exe", b"MZ", "application/x-dosexec"),
    ]
    letter = come(postmark_letter(to, text="", Attachments=files))
    with sight.every_client():
        first, second = letter.files.order_by("id")
        paper = case.requirements.get(kind="passport", of="head")
    assert (first.filename, first.size) == ("passport.jpg", len(picture)) and first.key.startswith("letters/")
    assert notes(case)[-1].note == "(by mail, with 2 files)"
    browser = as_page(mei)
    assert letter.reference in browser.get("/letters/").content.decode()
    assert "1 letter by mail" in browser.get("/").content.decode()
    assert as_page(bo).get(letter.get_absolute_url()).status_code == 404

    browser.post(f"/letters/files/{first.reference}/paper/", {"requirement": paper.reference})
    browser.post(f"/letters/files/{first.reference}/paper/", {"requirement": paper.reference})
    browser.post(f"/letters/files/{second.reference}/paper/", {"requirement": paper.reference})
    with sight.every_client():
        (document,) = paper.documents.filter(sent_by=mei)
        check_document(document.pk)
        document.refresh_from_db()
    assert (document.state, document.is_on_behalf) == ("available", True)
    as_page(lim).post(f"/letters/files/{second.reference}/dropping/")
    with sight.every_client():
        assert [one.is_settled for one in letter.files.order_by("id")] == [True, True]
    assert services.sweep() == 1
    with pytest.raises(storage.Missing):
        storage.fetch_once(second.key, tmp_path / "gone", limit=10)
    assert letter.reference not in browser.get("/letters/").content.decode()
    services.sweep(now=timezone.now() + timedelta(days=91))
    assert newest() is None


# ── The box ──


def test_people_sort_what_is_not_proven_and_nothing_of_it_moves_a_case(case, to, mei, ada, lim, as_page):
    letter = come(postmark_letter("post@reply.willow.example", "who@else.example", APPROVED))
    at, browser = letter.get_absolute_url(), as_page(mei)
    page = browser.get(at).content.decode()
    assert "It went to no address that belongs to a filing." in page and "审核通过" in page
    assert as_page(ada).get(at).status_code == 404 and as_page(lim).get(at).status_code == 404

    assert browser.post(f"{at}filing/", {"case": "nothing.example"}).status_code == 422
    browser.post(f"{at}filing/", {"case": case.domain_name})
    browser.post(f"{at}discarding/")
    (note,) = notes(case)
    assert (note.by, note.audience) == (mei, "internal") and "who@else.example" in note.note
    assert newest().state == "filed" and stage(case) == "miit_review"
    read = browser.post("/messages/read/", {"text": letter.words[1]})
    assert read.status_code == 200 and stage(case) == "miit_review"

    other = come(postmark_letter("post@reply.willow.example", "who@else.example", "Buy!", message_id="<5@x>"))
    browser.post(f"{other.get_absolute_url()}discarding/")
    assert newest().state == "discarded"


def test_the_neighbours_letter_is_none(case, lotus, mei, ada, bo, lim, as_page):
    theirs = make_case(lotus, mei, name="lotus.example")
    told = filed_letter(theirs, bo)

    assert as_page(mei).get(f"/letters/{told['letter']}/").status_code == 200
    for path in (f"/letters/{told['letter']}/filing/", f"/letters/files/{told['letter_file']}/dropping/"):
        assert as_page(lim).post(path).status_code == 404
    assert told["letter"] not in as_page(lim).get("/letters/").content.decode()
    assert json.loads(json.dumps(meant_by(reply_address(theirs, ada)))) == [theirs.reference, ada.reference]
    letter = come(postmark_letter(reply_address(theirs, ada)))  # an address that was never given out
    assert (letter.state, letter.why) == ("unsorted", "no_place")
