"""Settings of the rules: who sees and edits them, what a change would touch, and what no form takes."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import time_machine

from cases.models import Case
from cases.promise import page_of
from clients import sight
from clients.models import Agency, AuditEvent
from rulebook import services
from rulebook.forms import RuleForm
from rulebook.models import Rule
from rulebook.queries import book_of, typed
from rulebook.words import GROUPS, KINDS
from tests.api.filings import make_case
from tests.rulebook.editing import copies, edit, newest
from trade import book, days
from trade.book import CHAPTERS, SHIPPED
from trade.days import BEIJING
from trade.reminders import REMINDERS, of_turn

pytestmark = pytest.mark.django_db

SH = "/settings/rules/provinces.province/SH/2020-08-17/"
PATHS = [
    "/settings/rules/",
    "/settings/rules/provinces.province/",
    SH,
]
ADD = "/settings/rules/reasons.reason/additions/"


def typed_in(kind: str, of: str, **changed) -> dict[str, object]:
    """What a browser would send for this row with these boxes filled otherwise."""
    form = RuleForm(kind, row=typed(newest(kind, of)))
    sent: dict[str, object] = {"seen": newest(kind, of).edition_id, "note": "The bureau said so."}
    for name in form.fields:
        value = form.get_initial_for_field(form.fields[name], name)
        if value is True:
            value = "on"
        if value not in (None, "", ()) and value is not False:
            sent[name] = list(value) if isinstance(value, tuple) else value
    return {name: value for name, value in (sent | changed).items() if value is not None}


# ── Who ──


def test_the_agency_reads_them_and_a_clients_people_find_nothing(loaded, request, as_page):
    for who in ("root", "mei", "wen", "lim", "ada", "ann"):
        browser = as_page(request.getfixturevalue(who))
        for path in PATHS:
            answer = browser.get(path)

            assert answer.status_code == (200 if who in {"root", "mei", "wen", "lim"} else 404), (who, path)
            is_form = '<form class="form"' in answer.content.decode()
            assert is_form is (path == SH and who in {"root", "mei"}), (who, path)


def test_only_managers_edit(loaded, request, as_page):
    before = Rule.objects.count()
    sent = typed_in("provinces.province", "SH", minimum_age="21")

    for who, status in {"wen": 403, "lim": 403, "ada": 404, "ann": 404}.items():
        browser = as_page(request.getfixturevalue(who))
        answers = [
            browser.post(SH, sent),
            browser.post(f"{SH}checks/"),
            browser.post(ADD, {}),
            browser.get(ADD),
        ]
        assert [answer.status_code for answer in answers] == [status] * 4, who

    assert Rule.objects.count() == before


def test_what_is_not_there_is_not_there(loaded, as_page, mei):
    browser = as_page(mei)
    for path in (
        "/settings/rules/poems.poem/",
        "/settings/rules/provinces.province/HK/2020-08-17/",
        "/settings/rules/provinces.province/SH/2021-01-01/",
        "/settings/rules/provinces.province/additions/",
    ):
        assert browser.get(path).status_code == 404, path


# ── Editing ──


def test_a_manager_changes_a_row_and_its_history_says_so(loaded, as_page, mei):
    answer = as_page(mei).post(SH, typed_in("provinces.province", "SH", minimum_age="21"), follow=True)
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "<del>18</del> → <ins>21</ins>" in page and "The bureau said so." in page
    assert newest("provinces.province", "SH").body["minimum_age"] == 21
    assert AuditEvent.objects.get(kind="rule.changed").data["rule"] == "provinces.province SH"
    with book.using(book_of(Agency.objects.get().rules_edition).on()):
        assert book.current().table("provinces.province")["SH"].minimum_age == 21


def test_the_form_of_every_table_sent_back_untouched_changes_nothing(loaded, as_page, mei):
    browser, before = as_page(mei), Rule.objects.count()
    for kind in sorted(CHAPTERS):
        for rule in list(services.newest_rules(kind=kind))[:3]:
            path = f"/settings/rules/{kind}/{rule.code}/{rule.term}/"
            answer = browser.post(path, typed_in(kind, rule.code))

            assert answer.status_code == 302, (path, answer.content.decode())
            assert newest(kind, rule.code).edition_id == rule.edition_id, path
    assert Rule.objects.count() == before


def test_a_rule_that_changes_on_a_day_stands_twice_each_for_its_term(loaded, as_page, mei):
    day = date(2027, 1, 1)
    sent = typed_in(
        "provinces.province", "SH", minimum_age="16", valid_from=day.isoformat(), keeps_until_then="on"
    )

    assert as_page(mei).post(SH, sent).status_code == 302

    mine = book_of(Agency.objects.get().rules_edition)
    ages = [mine.on(one).table("provinces.province")["SH"].minimum_age for one in (day - timedelta(1), day)]
    assert ages == [18, 16]


def test_checked_today_sets_the_day_and_nothing_else(loaded, as_page, mei):
    before = newest("provinces.province", "SH")
    with sight.every_client():
        from rulebook.services import check_rule

        check_rule("provinces.province", "SH", before.term, by=mei, on=date(2027, 3, 1))
    after = newest("provinces.province", "SH")

    assert (after.checked_on, after.body, after.origin) == (date(2027, 3, 1), before.body, before.origin)
    assert as_page(mei).post(f"{SH}checks/").status_code == 302
    # Loading again sees no edit in it.
    assert "kept" not in services.load_shipped().told


def test_a_row_not_checked_for_a_year_shows_as_stale(loaded, as_page, mei, monkeypatch):
    assert "stale" not in as_page(mei).get(PATHS[1]).content.decode()

    edit("provinces.province", "SH", by=mei, checked_on=date(2024, 1, 1))

    assert as_page(mei).get(PATHS[1]).content.decode().count(">stale<") == 1
    assert "Nobody has looked at its source for a year" in as_page(mei).get(SH).content.decode()


def test_two_who_edit_at_once_lose_no_word(loaded, as_page, mei, root):
    sent = typed_in("provinces.province", "SH", minimum_age="21", note="mine")
    as_page(root).post(SH, typed_in("provinces.province", "SH", minimum_age="19", note="quicker"))

    answer = as_page(mei).post(SH, sent)

    assert answer.status_code == 409
    assert "Somebody else changed this rule meanwhile" in answer.content.decode()
    assert "mine" in answer.content.decode()
    assert newest("provinces.province", "SH").body["minimum_age"] == 19


# ── Whom it touches ──


def test_the_page_names_the_open_cases_that_it_is_about(loaded, as_page, mei, harbour, lotus):
    case = make_case(harbour, mei)
    other = make_case(lotus, mei, name="lotus.example", province="BJ")
    copies(case, 60)

    page = as_page(mei).get(SH).content.decode()

    assert "harbour.example" in page and "lotus.example" not in page
    assert "The first 50 of 61." in page and page.count('href="/cases/') - page.count('href="/cases/"') >= 50
    for path in (
        "/settings/rules/kinds.provider/aliyun/2020-08-17/",
        "/settings/rules/papers.paper/passport/2020-08-17/",
        "/settings/rules/names.rule/fewest/2020-08-17/",
    ):
        assert "lotus.example" in as_page(mei).get(path).content.decode() or other.provider != "aliyun"
    assert "None." in as_page(mei).get("/settings/rules/clocks.clock/photo/2020-08-17/").content.decode()


def test_a_limited_specialist_hears_of_no_case_out_of_sight(loaded, as_page, lim, mei, lotus):
    make_case(lotus, mei, name="lotus.example")

    assert "lotus.example" not in as_page(lim).get(SH).content.decode()
    assert "lotus.example" in as_page(mei).get(SH).content.decode()


def test_the_pages_ask_as_often_for_one_case_as_for_many(
    loaded, as_page, mei, harbour, django_assert_max_num_queries
):
    copies(make_case(harbour, mei), 60)
    browser = as_page(mei)
    browser.get(SH)

    for path in PATHS:
        with django_assert_max_num_queries(20):
            assert browser.get(path).status_code == 200


# ── Adding ──


def reason(**changed):
    sent = typed_in("reasons.reason", "domain_expiring", code="seal_faded", seen=None)
    return sent | {"cause_en": "The seal is faded", "cause_zh": "印章模糊"} | changed


def test_an_agencys_own_reason_is_known_from_then_on(loaded, as_page, mei, harbour):
    assert as_page(mei).post(ADD, reason()).status_code == 302

    with book.using(book_of(Agency.objects.get().rules_edition).on()):
        own = book.current().table("reasons.reason")["seal_faded"]
    assert (own.cause.zh, own.papers) == ("印章模糊", ("domain_certificate",))
    assert "The seal is faded" in as_page(mei).get("/settings/rules/reasons.reason/").content.decode()


NO_REASON = [
    ({"code": "domain_expiring"}, "This code stands already."),
    ({"code": "Semi;colon"}, "Letters, digits and underscores"),
    ({"code": "__class__"}, "Letters, digits and underscores"),
    ({"cause_zh": ""}, "This field is required."),
    ({"cause_en": "x" * 10_000}, "at most 2000 characters"),
    ({"fix_en": "{user.__class__}"}, "fills in no {user.__class__} here"),
    ({"opens": "nothing"}, "do not agree"),
    ({"papers": ["poem"]}, "poem is not one of the available choices"),
    ({"fields": ["case.stage"]}, "is not one of the available choices"),
    ({"stages": []}, "This field is required."),
    ({"valid_to": "2019-01-01"}, "ends before it begins"),
]


def test_what_no_reason_can_be_is_refused_beside_its_box_with_nothing_lost(loaded, as_page, mei):
    browser = as_page(mei)
    for changed, sentence in NO_REASON:
        answer = browser.post(ADD, reason(**changed))
        page = answer.content.decode()

        assert answer.status_code == 422, changed
        assert (sentence in page and "印章模糊" in page) or "cause_zh" in changed, changed
    assert not Rule.objects.filter(code__in=["seal_faded", "__class__"]).exists()


# ── K12: no expression, no pattern, no number without a bound ──

CLOCK = "/settings/rules/clocks.clock/photo/2020-08-17/"


NO_ROW = [
    (CLOCK, {"n": "1000000000"}, "less than or equal to 1000000"),
    (CLOCK, {"n": "10001"}, "from 0 to 10,000"),
    (CLOCK, {"n": "-1"}, "greater than or equal to 0"),
    (CLOCK, {"n": "3 + 4"}, "Enter a whole number."),
    (CLOCK, {"unit": "__import__('os')"}, "is not one of the available choices"),
    (CLOCK, {"valid_from": "1899-12-31"}, "1900"),
    (CLOCK, {"checked_on": "1899-12-31"}, "1900"),
    (CLOCK, {"checked_on": "2999-01-01"}, "still to come"),
    (CLOCK, {"valid_from": "2026-02-30"}, "Enter a valid date."),
    (CLOCK, {"name_en": "x" * 10_000}, "at most 120 characters"),
    (CLOCK, {"starts_en": "{{ settings.SECRET_KEY }}{0.__class__}"}, "fills in no"),
    (SH, {"icp": "京"}, "31 provinces"),
    (SH, {"minimum_age": ""}, "This field is required."),
    (SH, {"sms_since": "1899-01-01"}, "1900"),
]


def test_a_row_is_checked_by_type_and_bound(loaded, as_page, mei):
    browser, before = as_page(mei), Rule.objects.count()
    for path, changed, sentence in NO_ROW:
        kind, code = path.split("/")[3:5]

        answer = browser.post(path, typed_in(kind, code, **changed))

        assert answer.status_code == 422, changed
        assert sentence in answer.content.decode(), changed
    assert Rule.objects.count() == before


def test_a_pattern_stays_plain_text(loaded, as_page, mei):
    """Words of messages are looked for as they stand; nothing that is typed is ever run."""
    from trade.messages import read_message

    path = "/settings/rules/messages.reason/id_unclear/2020-08-17/"
    evil = "(a+)+$\n.*\n[\n%(x)s\n\\"
    answer = as_page(mei).post(path, typed_in("messages.reason", "id_unclear", words=evil))
    assert answer.status_code == 302

    with book.using(book_of(Agency.objects.get().rules_edition).on()):
        told = read_message("【腾讯云】您的备案订单被驳回：" + "a" * 5000 + "!")
        same = read_message("【腾讯云】您的备案订单被驳回：(a+)+$")
    assert "id_unclear" not in told.reasons and "id_unclear" in same.reasons


def test_script_in_every_box_is_shown_and_never_run(loaded, as_page, mei):
    script = "<script>alert(1)</script>"
    sent = reason(cause_en=script, cause_zh=script, fix_en=script, fix_zh=script, source=script, note=script)
    as_page(mei).post(ADD, sent)

    for path in (
        "/settings/rules/reasons.reason/",
        f"/settings/rules/reasons.reason/seal_faded/{sent['valid_from']}/",
    ):
        page = as_page(mei).get(path)
        assert page.status_code == 200 and script not in page.content.decode()


def test_every_shipped_chapter_has_its_name_and_stands_in_one_group():
    listed = [kind for _title, kinds in GROUPS for kind in kinds]

    assert sorted(listed) == sorted(CHAPTERS)
    assert set(KINDS) == set(CHAPTERS)


def test_every_shipped_chapter_has_a_form():
    with sight.every_client():
        for kind in SHIPPED.lines:
            row = SHIPPED.lines[kind][0].row
            assert RuleForm(kind, row=row).fields


# ── Reminders ──

WAITS = "/settings/rules/reminders.reminder/client_waits/2020-08-17/"


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin"])
def test_a_reminder_is_tried_on_a_real_case_before_it_is_saved(loaded, as_page, harbour, lotus, mei, zone):
    """2 March 2026 is a Monday; Harbour's move began at noon."""
    with sight.every_client():
        Agency.objects.update(time_zone=zone)
        case, other = make_case(harbour, mei), make_case(lotus, mei, "lotus.example")
        began = datetime(2026, 3, 2, 12, tzinfo=BEIJING)
        Case.objects.filter(pk=case.pk).update(waiting_on="client", waiting_since=began)
    browser, before = as_page(mei), Rule.objects.count()
    with time_machine.travel(began + timedelta(hours=1), tick=False):
        sent = typed_in("reminders.reminder", "client_waits", steps="1\n3", again=None, most="2", note=None)
        sent["checked_on"] = "2026-03-01"
        page = browser.post(WAITS, sent | {"try": "yes", "case": case.reference.lower()})
        hidden = [
            browser.post(WAITS, sent | {"try": "yes", "case": name}) for name in ("F-00000000", "", "a" * 400)
        ]
        wrong = browser.post(WAITS, sent | {"try": "yes", "case": case.reference, "steps": "soon"})
        foreign = as_page(mei).post(WAITS, sent | {"try": "yes", "case": "LOTUS.example"})

    assert not page.context["form"].errors and not page.context["trial"]["form"].errors
    told = page.context["trial"]["tellings"]
    assert [f"{one.at.astimezone(BEIJING):%m-%d %H:%M}" for one in told] == ["03-04 08:00", "03-06 08:00"]
    content = page.content.decode()
    assert page.status_code == 200 and "in Beijing time" in content
    assert ("2026-03-04 01:00 Europe/Berlin" in content) is (zone == "Europe/Berlin")
    assert all(answer.context["trial"]["form"].errors for answer in hidden)
    assert wrong.status_code == 422 and "steps" in wrong.context["form"].errors
    assert foreign.context["trial"]["found"] == other
    assert Rule.objects.count() == before


def test_a_reminder_of_ones_own_is_added_and_ended_and_running_cases_keep_theirs(
    loaded, as_page, harbour, mei
):
    browser = as_page(mei)
    old = make_case(harbour, mei)
    sent = typed_in("reminders.reminder", "client_waits", code="our_own", steps="1", again=None, most="1")
    assert browser.post("/settings/rules/reminders.reminder/additions/", sent).status_code == 302
    new = make_case(harbour, mei)

    with book.using(page_of(old)):
        assert "our_own" not in REMINDERS
    with book.using(page_of(new)):
        assert [rule.code for rule in of_turn()] == ["client_waits", "client_is_called", "our_own"]
    today = days.today()
    ended = typed_in("reminders.reminder", "our_own", valid_to=today.isoformat())
    term = newest("reminders.reminder", "our_own").term
    assert browser.post(f"/settings/rules/reminders.reminder/our_own/{term}/", ended).status_code == 302
    with sight.every_client():
        edition = Agency.objects.get(pk=1).rules_edition
    assert "our_own" in book_of(edition).on(today).table("reminders.reminder")
    assert "our_own" not in book_of(edition).on(today + timedelta(days=1)).table("reminders.reminder")
