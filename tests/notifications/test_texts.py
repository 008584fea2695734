"""The agency's own words: what they may say, whose data they can reach, and what happens where they fail (T6)."""

from __future__ import annotations

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import InternalError, ProgrammingError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from cases.deadlines import CALLBACK
from cases.models import Commercial, Duty, Photo, Watch
from cases.models.requirement import FACE
from cases.services import clocks, history
from cases.services.opening import open_case
from clients import sight
from clients.models import Agency, AuditEvent, Invitation, User
from clients.queries import forget_agency, the_agency
from clients.refusals import Conflict, Invalid
from clients.templatetags.look import today
from documents.models import Document
from notifications import kinds, letters, services, texts
from notifications.models import Notification, Wording
from notifications.services import texts as changing
from notifications.services.digesting import week_of
from notifications.wording import LANGUAGES, MAIL, NAMES, TEXTS, shipped
from rulebook.forms import RuleForm
from tests.cases.test_road import FACTS
from tests.notifications.cast import rows, to, told, walk
from trade.reminders import REMINDERS

pytestmark = pytest.mark.django_db


def own_words(code: str, **parts: str) -> dict[str, dict[str, str]]:
    """What ships, with these parts in both languages in its place."""
    return {language: {**shipped(code, language), **parts} for language in LANGUAGES}


def change(code: str, by: User, **parts: str) -> None:
    with sight.every_client():
        assert changing.change_text(code, own_words(code, **parts), by=by)


def refused(code: str, **parts: str) -> dict[str, str]:
    """What is said beside which field, of these words put into the shipped ones."""
    text = texts.text_of(code)
    found = texts.problems(text, {lang: own | parts for lang, own in own_words(code).items()})
    return {f"{part}_{language}": sentence for (part, language), sentence in found.items()}


# ── What may be saved ───────────────────────────────────────────────────────────────────────────────────────────────

ATTACKS = {
    "{{ settings.SECRET_KEY }}": "{{ settings.SECRET_KEY }}",
    "{% debug %}": "{% debug %}",
    "{# hidden #}": "{# hidden #}",
    "{% for a in b %}{% for c in a %}{{ c }}{% endfor %}{% endfor %}": "{% for a in b %}",
    "{user.__class__}": "{user.__class__}",
    "{site.__init__.__globals__[settings].SECRET_KEY}": "{site.__init__.__globals__[settings].SE…",
    "{site!r}": "{site!r}",
    "{site:>99999999}": "{site:>99999999}",
    "{0}": "{0}",
    "{}": "{}",
    "{ site }": "{ site }",
    "{SITE}": "{SITE}",
    "{client{site}}": "{client",
    "{site": "{site",
    "site}": "site}",
    "{id_number}": "{id_number}",
    "{code}": "{code}",
    "{token}": "{token}",
    "{mobile}": "{mobile}",
    "%(site)s": "%(site)s",
    "｛site｝": "｛site｝",
    "<script>alert(1)</script>": "<script>",
    "<img src=x onerror=alert(1)": "<img src=x onerror=alert(1)",
    "a > b": ">",
}


@pytest.mark.parametrize("part", ["lines", "subject", "line"])
def test_what_is_more_than_plain_words_is_refused_by_its_name(part):
    for attack, word in ATTACKS.items():
        found = refused("moved.submit", **{part: f"Hello {attack} there"})

        assert found.keys() == {f"{part}_en", f"{part}_zh"}, (attack, found)
        assert word in found[f"{part}_en"], (attack, found)
        if not word.startswith(("<", ">")):
            assert "{site}" in found[f"{part}_en"].rpartition("here:")[2], attack  # what may stand there


def test_length_signs_and_what_must_be_said():
    assert "150" in refused("moved.submit", subject="x" * 10_000)["subject_en"]
    assert "2000" in refused("moved.submit", lines="{site} " * 10_000)["lines_en"]
    assert refused("moved.submit", subject="One\nBcc: all@willow.example")["subject_en"]
    for sign in ("\0", "\u202e", "\x1b", "\ud800"):
        assert refused("moved.submit", heading=f"a{sign}b")["heading_en"]
    assert refused("moved.finish_photo", your_move="").keys() == {"your_move_en", "your_move_zh"}
    assert not refused(kinds.NUDGE, your_move="", after="")  # no law asks for these
    assert "{due}" in refused("sms.clock", lines="At {place}.", subject="{site}")["lines_zh"]
    half = {"en": own_words(kinds.NUDGE)["en"], "zh": {**own_words(kinds.NUDGE)["zh"], "after": ""}}
    assert texts.problems(TEXTS[kinds.NUDGE], half).keys() == {("after", "zh")}


def test_what_ships_may_be_saved_in_both_languages_and_names_no_number():
    for code, text in TEXTS.items():
        assert not texts.problems(text, own_words(code)), code
        assert {name for part in text.parts for name in text.names_of(part)} <= NAMES.keys(), code
        assert all(shipped(code, "en")[part] != shipped(code, "zh")[part] or part == "lines"
                   for part in text.parts if shipped(code, "en")[part]), code  # fmt: skip
    assert not NAMES.keys() & {"id_number", "mobile", "code", "token", "link", "email", "secret"}


def test_only_administrators_write_and_whoever_is_slower_looks_again(case, root, mei):
    with sight.every_client():
        with pytest.raises(PermissionDenied):
            changing.change_text("moved.submit", own_words("moved.submit", heading="Ours"), by=mei)
        assert changing.change_text("moved.submit", own_words("moved.submit"), by=root) is None
        with pytest.raises(Invalid) as caught:
            changing.change_text("moved.submit", own_words("moved.submit", heading="{x}"), by=root)
        assert [one["field"] for one in caught.value.errors] == ["heading_en", "heading_zh"]
        first = changing.change_text("moved.submit", own_words("moved.submit", heading="A"), by=root, seen=0)
        with pytest.raises(Conflict):
            changing.change_text("moved.submit", own_words("moved.submit", heading="B"), by=root, seen=0)
        changing.change_text("moved.submit", own_words("moved.submit", heading="C"), by=root, seen=first.pk)
        changing.restore_text("moved.submit", by=root)

        versions = list(Wording.objects.filter(code="moved.submit").order_by("pk"))
        assert [one.parts["en"]["heading"] for one in versions] == [
            "A",
            "C",
            shipped("moved.submit", "en")["heading"],
        ]
        assert texts.now().parts("moved.submit") == own_words("moved.submit")
        told = AuditEvent.objects.filter(kind__startswith="text.").order_by("pk")
        assert [one.kind for one in told] == ["text.changed", "text.changed", "text.restored"]


def test_no_version_is_ever_rewritten(case, root):
    change("moved.submit", root, heading="Ours")
    every, some = sight.every_client, lambda: sight.some_clients([case.client_id])
    for sees, attack in (
        (every, "UPDATE notifications_wording SET parts = '{}'"),
        (every, "DELETE FROM notifications_wording"),
        (every, "TRUNCATE notifications_wording"),
        (some, "INSERT INTO notifications_wording (code) VALUES ('moved.submit')"),
    ):
        with pytest.raises((ProgrammingError, InternalError)), sees(), connection.cursor() as cursor:
            cursor.execute(attack)


# ── Every message, in both languages, in words that use all their names ─────────────────────────────────────────────


def scenes(case, *, mei: User, ada: User, root: User) -> dict[str, Notification]:
    """One message of each text, from rows as the portal itself would leave them."""
    now = timezone.now()
    paper, face = case.requirements.get(kind="passport"), case.requirements.get(kind=FACE)
    back = [{"code": "id_unclear", "requirements": [paper.reference], "note": ""}]
    found: dict[str, Notification] = {}

    def told_of(code: str, to: User, kind: str = "", /, **data) -> None:
        row = data.pop("source", None)
        found[code] = Notification(
            kind=kind or code,
            case=None if data.pop("no_case", False) else case,
            client=case.client,
            recipient=to,
            data=data,
            source_id=row.pk if row else None,
        )

    def event(kind: str, **more):
        return history.record(case, kind, by=mei, is_told=True, **more)

    told_of("case.opened", ada, source=event("case.opened"))
    for move in ("submit", "pass_pre_audit", "finish_photo", "grant_licence", "file_psb", "hold", "resume"):
        told_of(f"moved.{move}", ada, source=event("case.moved", move=move))
    for move in ("grant_commercial_licence", "withdraw", "cancel", "correct", "step_back"):
        told_of(f"moved.{move}", ada, source=event("case.moved", move=move))
    for move in ("pass_pre_audit", "finish_photo"):
        told_of(f"moved.{move}.plain", mei, f"moved.{move}", source=event("case.moved", move=move))
    for move in ("return_for_changes", "reject"):
        told_of(f"moved.{move}", ada, source=event("case.moved", move=move, reasons=back))
    told_of(
        "moved.reject.again",
        ada,
        "moved.reject",
        source=event("case.moved", reasons=[{"code": "sms_timeout"}]),
    )
    told_of("psb.returned", ada, source=event("psb.returned", reasons=back))
    told_of("sms.missed", ada)
    told_of("application.refused", ada, source=event("application.refused"))
    told_of("note.to_client", ada, source=event("note.written", note="Call me."))
    of_paper = {"kind": "passport", "requirement": paper.reference}
    type(paper).everything.filter(pk=paper.pk).update(state="redo")
    told_of("paper.returned", ada, source=event("paper.returned", reasons=back), **of_paper)
    told_of("paper.refused", ada, source=event("paper.refused", reasons=[{"code": "encrypted"}]), **of_paper)
    Photo.objects.create(case=case, client=case.client, link="https://a.example/1", link_for=ada.email)
    type(face).everything.filter(pk=face.pk).update(state="to_do")
    told_of("photo.link_given", ada)
    Commercial.objects.update_or_create(
        case=case, defaults={"client": case.client, "appointment_on": date(2026, 12, 1), "office": "Room 3"}
    )
    told_of("commercial.appointment", ada)
    watched = {"domain_name": "x.example", "finding": "missing", "finding_since": now, "why": "timeout"}
    watched |= {"client": case.client, "is_away": True, "away_since": now, "is_off": False}
    Watch.objects.update_or_create(case=case, defaults=watched)
    for kind in ("site.amiss", "site.away"):
        told_of(kind, ada, site="missing", site_why="timeout")
        told_of(f"{kind}.desk", mei, kind, site="missing", site_why="timeout")
    told_of("site.mended", ada)
    told_of("site.back", ada)
    call = clocks.start(case, CALLBACK, at=now)
    told_of("call.missed", ada, source=call)
    told_of("call.missed.desk", mei, "call.missed", source=call)
    sms = clocks.start(case, "sms_code", at=now)
    told_of("sms.clock", ada, source=sms)
    told_of("sms.clock.desk", mei, "sms.clock", source=sms)
    for code, person, data in (
        ("clock", mei, {"share": 80}),
        ("clock.near", mei, {"due": now.isoformat()}),
        ("clock.near.client", ada, {"due": now.isoformat()}),
        ("clock.overdue", mei, {"share": 100}),
        ("clock.overdue.client", ada, {"late": True}),
    ):
        told_of(code, person, "clock", source=sms, clock="sms_code", **data)
    told_of("nudge", ada)
    told_of("nudge.in_vain", mei)
    invitation = Invitation.objects.create(
        email="cy@tea.example", role="contact", client=case.client, invited_by=mei,
        expires_at=now + timedelta(days=7), token_hash="x",
    )  # fmt: skip
    for code, client in (("invitation.made", case.client), ("invitation.made.desk", None)):
        row = AuditEvent.objects.create(kind="invitation.made", by=mei, client=client, invitation=invitation)
        told_of(code, ada, "invitation.made", source=row, no_case=True)
    told_of("person.let_back_in", ada, no_case=True)
    told_of("consent.withdrawn", mei, no_case=True, client="Harbour Ltd")
    told_of("hook.disabled", root, no_case=True, hook="CRM")
    asking = {"no_case": True, "erasure": "ER-000000000000", "due": "2026-12-21"}
    told_of("erasure.asked", root, **asking)
    told_of("erasure.noted", ada, **asking)
    answer = AuditEvent.objects.create(
        kind="erasure.refused", by=root, about=ada, data={"reason": "A court."}
    )
    told_of("erasure.refused", ada, source=answer, no_case=True)
    stays = [{"case": case.reference, "kind": "facts", "rule": "filing", "until": ""}]
    done = {"erasure": "ER-000000000000", "filings": 1, "papers": 2, "stays": stays}
    receipt = AuditEvent.objects.create(kind="erasure.done", about=ada, data=done)
    told_of("erasure.done", ada, source=receipt, no_case=True)
    away = {"person": "Mei", "who": mei.reference, "from": "2026-03-02", "until": "", "stand_in": "Wen"}
    told_of("cases.handed_over", root, no_case=True, rows=12, codes=2, **away)
    told_of("cover.named", root, no_case=True, **away)
    told_of("cover.fell", root, no_case=True, **away)
    told_of("channel.outage", mei, no_case=True, channel="mail", reason="mail_unreachable")
    on = today()
    Duty.objects.filter(case=case).update(tell_on=on)
    Duty.objects.create(case=case, client=case.client, kind="provider_check", due_on=on, tell_on=on)
    told_of("check.noticed", ada)
    told_of("aftercare", ada, no_case=True, week=week_of(on))
    told_of("aftercare.desk", mei, "aftercare", no_case=True, week=week_of(on))
    type(case).objects.filter(pk=case.pk).update(licensed_on=on - timedelta(days=80))
    Document.objects.create(
        client=case.client, case=case, requirement=paper, version=1, sent_by=ada, token="0" * 32,
        state="returned", copy_sha256="0" * 64,
    )  # fmt: skip
    told_of("papers.due", mei, no_case=True, day=on.isoformat())
    return found


ROW = {"clock": "sms_code", "share": 80, "kind": "passport", "site": "missing", "site_why": "timeout"}
ROW |= {
    "text": "moved.submit",
    "hook": "CRM",
    "client": "Harbour Ltd",
    "channel": "mail",
    "reason": "mail_unreachable",
}
ROW |= {"rows": 12, "codes": 2, "person": "Mei", "from": "2026-03-02", "until": "", "stand_in": "Wen"}


def as_it_must_be(case, code: str) -> None:
    """Some letters are for one state of a case only."""
    type(case).objects.filter(pk=case.pk).update(
        waiting_on="client" if code.startswith("nudge") else case.waiting_on,
        photo_done_on=None if code == "photo.link_given" else case.photo_done_on,
    )
    Watch.objects.filter(case=case).update(
        finding="ok" if code == "site.mended" else "missing", is_away=code != "site.back"
    )
    case.refresh_from_db()


def test_every_message_renders_in_both_languages_with_all_its_names(case, mei, ada, root):
    case = walk(case, by=mei, until="grant_commercial_licence")
    with sight.every_client():
        for code, text in TEXTS.items():
            words = {
                part: " ".join([f"Ours {part}.", *(f"[{name}:{{{name}}}]" for name in text.names_of(part))])
                for part in text.parts
            }
            long = {part: words[part].replace("[", "\n[") for part in ("lines", "after") if part in words}
            short = {part: words[part] for part in ("line",) if part in words}
            few = {part: f"Ours {part}." for part in ("subject", "heading", "your_move") if part in words}
            assert changing.change_text(code, own_words(code, **few, **long, **short), by=root), code
        seen = scenes(case, mei=mei, ada=ada, root=root)
        assert {code for code, text in TEXTS.items() if text.subject} == seen.keys()
        for code, row in seen.items():
            as_it_must_be(case, code)
            for language in LANGUAGES.values():
                with translation.override(language):
                    letter = letters.write(row, the_agency(), token="t" * 43)
                whole = "\n".join(
                    [letter.subject, letter.heading, *letter.lines, letter.your_move, *letter.after]
                )
                assert letter.broken == 0, code
                assert re.findall(r"Ours (\w+)\.", whole) == list(MAIL), code
                assert "{" not in whole and "[:" not in whole.replace("[numbers:]", ""), (code, whole)
                for name in TEXTS[code].names_of("lines"):
                    assert f"[{name}:" in whole or name == "numbers", (code, name)
                for secret in ("T12345678", "91310000MATE5T017D", "13800000001"):
                    assert secret not in whole
        for code, text in TEXTS.items():
            if text.line and not text.kind:
                row = Notification(kind=code, case=case, client=case.client, data=ROW)
                line = letters.headline(row)
                assert line.startswith("Ours line.") and "{" not in line, code
                assert all(f"[{name}:" in line for name in text.names_of("line")), code


def test_two_clients_in_one_text_hear_each_of_their_own(case, mei, ada, bo, lotus, root):
    with sight.every_client():
        lotus_facts = {**FACTS, "domain": {**FACTS["domain"], "name": "lotus.example"}}
        other = open_case(lotus, by=mei, given=lotus_facts)
    told()
    mail.outbox.clear()
    change(
        "note.to_client",
        root,
        lines="{client} {site} {reference} {recipient} {{person}}".replace("{{", "{").replace("}}", "}"),
    )
    with sight.every_client():
        for one in (case, other):
            history.record(one, "note.written", by=mei, note="{client} {site}", audience="client")
    told()

    (harbours,), (lotuses,) = to(ada.email), to(bo.email)
    assert f"{case.client.name} {case.domain_name} {case.reference} {ada.name} {mei.name}" in harbours.body
    assert f"{other.client.name} lotus.example {other.reference} {bo.name} {mei.name}" in lotuses.body
    for word in (other.client.name, other.reference, "lotus.example", bo.name):
        assert word not in harbours.body + harbours.alternatives[0][0]
    assert "{client} {site}" in harbours.body  # what somebody typed elsewhere is never filled in


def test_words_in_the_portal_and_in_the_mail_are_one_text_and_escaped(case, mei, ada, root, as_page):
    mail.outbox.clear()
    change(
        "note.to_client", root, line="{site}: R&D wrote", subject="{site}: R&D wrote", lines='"R&D" wrote.'
    )
    with sight.every_client():
        history.record(case, "note.written", by=mei, note="Hm.", audience="client")
    told()

    (letter,) = to(ada.email)
    assert letter.subject == f"{case.domain_name}: R&D wrote"
    assert '"R&D" wrote.' in letter.body
    assert "&quot;R&amp;D&quot; wrote." in letter.alternatives[0][0]
    assert f"{case.domain_name}: R&amp;D wrote" in as_page(ada).get("/notifications/").content.decode()


# ── Where one fails all the same ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "broken", [{"lines": "{user.__class__}"}, {"lines": "{gone}", "line": "{gone}"}, "all"]
)
def test_a_text_that_fails_gives_way_to_what_ships_and_administrators_hear_once(case, mei, ada, root, broken):
    """Words of an older release, or a row that somebody broke: the message goes out."""
    mail.outbox.clear()
    with sight.every_client():
        parts = {"en": 7} if broken == "all" else own_words("note.to_client", **broken)
        row = Wording.objects.create(code="note.to_client", parts=parts, by=root)
        Agency.objects.filter(pk=1).update(texts_edition=row.pk)
        forget_agency()
        for _n in range(2):
            history.record(case, "note.written", by=mei, note="Hm.", audience="client")
    told()

    assert len(to(ada.email)) == 2
    assert all(
        shipped("note.to_client", "en")["heading"].format(person=mei.name) in one.body
        for one in to(ada.email)
    )
    (heard,) = rows(kind=kinds.TEXT_BROKEN)
    assert (heard.recipient_id, heard.channel, heard.data) == (root.pk, "in_app", {"text": "note.to_client"})
    with sight.every_client():
        assert "A note from the agency" in letters.headline(heard)
        line = letters.headline(rows(kind="note.to_client")[0])
    assert line == f"{case.domain_name}: a note from your agency"


def test_many_messages_read_the_texts_once(case, mei, ada, root):
    change("note.to_client", root, heading="Ours: {person}")
    with sight.every_client():
        for _n in range(5):
            history.record(case, "note.written", by=mei, note="Hm.", audience="client")
    services.relay_events()
    mail.outbox.clear()
    with CaptureQueriesContext(connection) as asked:
        services.deliver_due()

    assert len(to(ada.email)) == 5 and all("Ours: Mei" in one.body for one in mail.outbox)
    assert len([one for one in asked if "notifications_wording" in one["sql"]]) == 1


# ── Texts of the agency's own ───────────────────────────────────────────────────────────────────────────────────────


def test_a_text_of_our_own_can_be_chosen_for_a_reminder_and_says_what_this_case_knows(case, mei, ada, root):
    mail.outbox.clear()
    with sight.every_client():
        words = {
            "name": "Call me",
            "line": "{site}: please call",
            "subject": "{site}: please call {manager}",
            "heading": "Please call us, {recipient}.",
            "lines": "It stands at {stage} since {since}, and waits on {turn}.\nOpen: {open}\nUntil {due}: {clock}",
        }
        made = changing.add_text("own.call", {"en": words, "zh": words}, by=root)
        for wrong in ("own.call", "call", "own.C", "own." + "a" * 60):
            with pytest.raises(Invalid):
                changing.add_text(wrong, {"en": words, "zh": words}, by=root)
        waits = REMINDERS["client_waits"]
        offered = RuleForm("reminders.reminder", row=waits).fields["own_text"].choices
        assert offered == [("", "—"), ("own.call", "Call me")]
        typed = RuleForm("reminders.reminder", {"own_text": "own.cal"}, row=waits)
        assert "own_text" in typed.errors
        monday = datetime(2026, 3, 2, 4, tzinfo=UTC)
        for kind in (kinds.OWN_TEXT, kinds.NUDGE):
            services.plan(
                services.Occasion(f"rule:{kind}", "case", None, case.client_id, case.pk),
                [letters_to(ada, kind)],
                now=monday,
            )
            services.deliver_due(now=monday)  # one by one: together they would be one mail

    for one in to(ada.email):
        assert one.subject == f"{case.domain_name}: please call Mei"
        assert "Please call us, Ada." in one.body and re.search(r"^Open: .*Passport", one.body, re.M)
    assert len(to(ada.email)) == 2
    with sight.every_client():
        (line, *_) = {
            letters.headline(row) for row in rows(recipient=ada, channel="in_app", data__text="own.call")
        }
        assert line == f"{case.domain_name}: please call"
        changing.withdraw_text("own.call", by=root)
        assert texts.own_choices() == [] and made.code in texts.now().edited
        says_it = dataclasses.replace(waits, own_text="own.call")
        kept = RuleForm("reminders.reminder", row=says_it).fields["own_text"].choices
        assert kept == [("", "—"), ("own.call", "own.call")]


def letters_to(person: User, kind: str):
    from notifications.recipients import BOTH, Telling

    return Telling(person, kind, BOTH, {"text": "own.call"})
