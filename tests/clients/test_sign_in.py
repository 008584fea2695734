"""Who gets in, by what, and what the door says to those who do not."""

from __future__ import annotations

import statistics
import time

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client as Browser
from lxml import html

from clients import sight
from clients.models import Agency, AuditEvent
from clients.queries import forget_agency
from clients.services.members import end_membership
from tests.factories import PASSWORD
from tests.fixtures import browser_of

CODE, CONFIRM, LOGIN = "/accounts/login/code/", "/accounts/login/code/confirm/", "/accounts/login/"


@pytest.fixture
def stranger(db) -> Browser:
    return Browser()


def signs_in(browser: Browser, email: str, password: str = PASSWORD):
    return browser.post(LOGIN, {"login": email, "password": password})


def is_in(browser: Browser) -> bool:
    return browser.get("/me/").status_code == 200


def test_password_lets_clients_and_staff_in(stranger, agency, ada, mei):
    for person in (ada, mei):
        browser = Browser()

        assert signs_in(browser, person.email).status_code == 302
        assert is_in(browser)


def test_sign_in_leaves_a_trace_and_so_does_a_failure(stranger, agency, ada):
    signs_in(stranger, ada.email, "wrong")
    signs_in(stranger, ada.email)

    with sight.every_client():
        assert list(AuditEvent.objects.order_by("pk").values_list("kind", "about__email")) == [
            ("sign_in.failed", ada.email),
            ("signed_in", ada.email),
        ]


def test_client_enters_by_the_mailed_code(stranger, agency, ada, code_in):
    assert stranger.post(CODE, {"email": ada.email}).url == CONFIRM

    response = stranger.post(CONFIRM, {"code": code_in(ada.email)})

    assert response.status_code == 302
    assert is_in(stranger)


def test_code_mail_bears_the_agency_and_the_readers_language(stranger, agency, ada, mailoutbox):
    with sight.every_client():
        type(ada).objects.filter(pk=ada.pk).update(language="zh-hans")

    stranger.post(CODE, {"email": ada.email})

    assert mailoutbox[0].from_email == "Willow Filing <portal@agency.example>"
    assert "柳树备案" in mailoutbox[0].body
    assert mailoutbox[0].alternatives


def test_session_rotates_at_sign_in(stranger, agency, ada, code_in):
    stranger.post(CODE, {"email": ada.email})
    before = stranger.cookies["session"].value

    stranger.post(CONFIRM, {"code": code_in(ada.email)})

    assert stranger.cookies["session"].value != before


def test_only_the_newest_code_of_a_person_lives(agency, ada, code_in):
    older, newer = Browser(), Browser()
    older.post(CODE, {"email": ada.email})
    first = code_in(ada.email)
    newer.post(CODE, {"email": ada.email})

    answer = older.post(CONFIRM, {"code": first})

    assert answer.status_code == 200
    assert b"newer code" in answer.content
    assert not is_in(older)
    newer.post(CONFIRM, {"code": code_in(ada.email)})
    assert is_in(newer)


def test_code_is_eight_letters_and_ends_after_five_tries(stranger, agency, ada, code_in):
    stranger.post(CODE, {"email": ada.email})
    code = code_in(ada.email)

    for _ in range(5):
        stranger.post(CONFIRM, {"code": "BBBB-BBBB"})
    stranger.post(CONFIRM, {"code": code})

    assert not is_in(stranger)


def test_code_ends_after_ten_minutes(stranger, agency, ada, code_in, monkeypatch):
    stranger.post(CODE, {"email": ada.email})
    later = time.time() + 601
    monkeypatch.setattr("allauth.account.internal.flows.code_verification.time.time", lambda: later)

    stranger.post(CONFIRM, {"code": code_in(ada.email)})

    assert not is_in(stranger)


def test_staff_never_enter_by_a_mailed_code(stranger, agency, mei, mailoutbox):
    answer = stranger.post(CODE, {"email": mei.email})

    assert (answer.status_code, answer.url) == (302, CONFIRM)
    assert "no code in this mail" in mailoutbox[0].body
    assert stranger.post(CONFIRM, {"code": ""}).status_code == 200
    assert not is_in(stranger)


def test_mailed_code_gives_staff_no_new_password_either(stranger, agency, mei, mailoutbox):
    stranger.post("/accounts/password/reset/", {"email": mei.email})

    assert "no code in this mail" in mailoutbox[0].body


def test_client_chooses_a_password_by_mailed_code(stranger, agency, ada, code_in):
    stranger.post("/accounts/password/reset/", {"email": ada.email})
    stranger.post("/accounts/password/reset/confirm/", {"code": code_in(ada.email)})
    stranger.post(
        "/accounts/password/reset/complete/",
        {"password1": "Seven-bridges-9", "password2": "Seven-bridges-9"},
    )

    signs_in(stranger, ada.email, "Seven-bridges-9")

    assert is_in(stranger)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CODE, {"email": "{}"}),
        ("/accounts/password/reset/", {"email": "{}"}),
        (LOGIN, {"login": "{}", "password": "wrong"}),
    ],
)
def test_known_and_unknown_addresses_get_the_same_answer(agency, ada, mei, path, body, mailoutbox):
    def answer(address: str):
        browser = Browser()
        given = {name: value.format(address) for name, value in body.items()}
        response = browser.post(path, given)
        page = browser.get(response.url) if response.status_code == 302 else response
        csrf = page.context["csrf_token"] if page.context else ""
        words = page.content.decode().replace(str(csrf), "").replace(address, "")
        return response.status_code, response.headers.get("Location"), words

    known, staff, unknown = answer(ada.email), answer(mei.email), answer("nobody@nowhere.example")

    assert known[:2] == staff[:2] == unknown[:2]
    assert len({len(words) for _, _, words in (known, staff, unknown)}) == 1


@pytest.mark.long
def test_known_and_unknown_addresses_take_the_same_time(agency, ada, settings):
    settings.ACCOUNT_RATE_LIMITS = False

    took: dict[str, list[float]] = {ada.email: [], "nobody@nowhere.example": []}
    for turn in range(200):
        address = list(took)[turn % 2]
        browser = Browser()
        began = time.perf_counter()
        browser.post(CODE, {"email": address})
        took[address].append(time.perf_counter() - began)

    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.6 * max(known, unknown)


def test_leaver_is_out_with_the_next_request(agency, root, ada, as_page, as_api, mailoutbox):
    browser, caller = as_page(ada), as_api(ada)
    assert is_in(browser)
    with sight.every_client():
        end_membership(ada.memberships.get(), by=root)

    assert browser.get("/me/").status_code == 302
    assert caller.get("/cases").status_code == 401
    Browser().post(CODE, {"email": ada.email})
    assert "not known here" in mailoutbox[-1].body


def test_leaver_with_a_password_reads_that_there_is_no_place(agency, root, ada):
    with sight.every_client():
        end_membership(ada.memberships.get(), by=root)
    browser = Browser()

    assert signs_in(browser, ada.email).url == "/accounts/inactive/"
    assert not is_in(browser)


def test_limits_hold_whatever_the_client_says_about_its_address(stranger, agency, ada):
    for turn in range(60):
        answer = stranger.post(
            LOGIN,
            {"login": ada.email if turn % 2 else f"ädä{turn}@harbour.example", "password": "wrong"},
            headers={"X-Forwarded-For": f"192.0.2.{turn}"},
        )
        if answer.status_code == 429 or "Too many failed" in answer.content.decode():
            break

    assert turn < 40
    assert signs_in(stranger, ada.email).status_code != 302
    assert not is_in(stranger)


def test_codes_are_limited_per_address(agency, ada, mailoutbox):
    for _ in range(6):
        Browser().post(CODE, {"email": ada.email})

    assert 1 <= len(mailoutbox) <= 3


def test_counters_away_means_try_again_and_the_rest_goes_on(agency, ada, as_page, monkeypatch):
    import redis

    browser = as_page(ada)

    def away(*args, **kwargs):
        raise redis.exceptions.ConnectionError("away")

    for name in ("get", "set", "add", "delete", "incr"):
        monkeypatch.setattr(type(cache._connections[cache._alias]), name, away)

    assert signs_in(Browser(), ada.email).status_code == 503
    assert is_in(browser)


def test_mail_server_away_is_a_sentence_and_no_error(stranger, agency, ada, monkeypatch):
    def away(*args, **kwargs):
        raise ConnectionRefusedError("away")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", away)

    answer = stranger.post(CODE, {"email": ada.email}, follow=True)

    assert answer.status_code == 200
    assert "Try again in a minute" in answer.content.decode()


def test_addresses_in_mails_are_ours_whatever_the_host_says(agency, ada, settings, mailoutbox):
    settings.ALLOWED_HOSTS = ["*"]

    Browser().post(
        CODE, {"email": ada.email}, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    )

    assert "evil.example" not in mailoutbox[0].message().as_string()


def test_sign_out_clears_what_the_browser_keeps(agency, ada, as_page):
    browser = as_page(ada)

    answer = browser.post("/accounts/logout/")

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_in(browser)


@pytest.mark.parametrize("path", ["/me/", "/nowhere/"])
def test_staff_idle_for_eight_hours_sign_in_again(agency, mei, as_page, path):
    browser = as_page(mei)
    with sight.at_the_door():
        session = browser.session
        session["seen_at"] = int(time.time()) - 8 * 3600 - 5
        session.save()

    assert browser.get(path).status_code == 302
    assert not is_in(browser)


def test_demanded_factor_leads_to_the_enrolment_and_nowhere_else(agency, mei, ada, as_page, as_api):
    with sight.every_client():
        Agency.objects.filter(pk=1).update(demands_second_factor=True)
    forget_agency()
    browser = as_page(mei)

    for path in ("/", "/me/", "/clients/", "/settings/tokens/", "/settings/", "/audit/", "/accounts/email/"):
        assert browser.get(path).url == "/accounts/2fa/", path
    assert browser.get("/accounts/2fa/").status_code == 200
    answer = as_api(mei).post("/clients", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_missing")
    assert as_page(ada).get("/me/").status_code == 200


def test_secret_of_an_app_lies_sealed(agency, mei):
    from allauth.mfa.adapter import get_adapter

    sealed = get_adapter().encrypt("JBSWY3DPEHPK3PXP")

    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert get_adapter().decrypt(sealed) == "JBSWY3DPEHPK3PXP"


SENSITIVE = [
    ("/settings/tokens/", {"name": "x", "scope": "read", "days": "30"}),
    ("/settings/people/", {"name": "x", "email": "x@willow.example", "role": "specialist"}),
    ("/settings/", {"name": "x"}),
    ("/accounts/email/", {"action_add": "", "email": "other@willow.example"}),
    ("/accounts/2fa/totp/activate/", {"code": "000000"}),
]


@pytest.mark.parametrize(("path", "body"), SENSITIVE)
def test_stolen_cookie_is_asked_who_it_is_after_a_quarter_of_an_hour(agency, root, as_page, path, body):
    browser = as_page(root, signed_in_ago=901)

    answer = browser.post(path, body)

    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("who", ["ada", "ann", "lim", "mei"])
def test_a_wrong_word_at_the_second_asking_is_refused_and_leaves_a_trace(request, agency, as_page, who):
    """Whoever sees some clients only may not write what nobody did; the door may."""
    person = request.getfixturevalue(who)

    answer = as_page(person).post("/accounts/reauthenticate/", {"password": "wrong"})

    assert answer.status_code == 200 and 'aria-invalid="true"' in answer.content.decode()
    with sight.every_client():
        assert AuditEvent.objects.get(kind="sign_in.failed").about == person


def test_who_has_only_codes_is_asked_by_code(agency, ada, as_page, code_in):
    with sight.every_client():
        ada.set_unusable_password()
        ada.save()
    browser = as_page(ada, signed_in_ago=901)
    given = {"name": "script", "scope": "read", "days": "30"}

    asked = browser.post("/settings/tokens/", given)
    assert asked.url.startswith("/accounts/again/?next=")
    browser.post(asked.url, {"action": "send", "next": "/settings/tokens/"})
    wrong = browser.post(asked.url, {"code": "BBBB-BBBB", "next": "/settings/tokens/"})
    right = browser.post(asked.url, {"code": code_in(ada.email), "next": "/settings/tokens/"})

    assert b"Incorrect" in wrong.content
    assert b"icp_" in right.content
    with sight.every_client():
        assert ada.api_tokens.count() == 1


def test_cookie_is_worth_nothing_in_the_api(agency, mei, as_page):
    assert as_page(mei).get("/api/v1/cases").status_code == 401


def test_forms_without_their_token_are_refused_in_words(agency, mei):
    from tests.fixtures import browser_of

    browser = browser_of(mei, enforce_csrf_checks=True)

    answer = browser.post("/me/", {"name": "Other"})

    assert answer.status_code == 403
    assert b"open for too long" in answer.content


def remember(browser, **said) -> None:
    with sight.at_the_door():
        session = browser.session
        session.update(said)
        session.save()


def typed_again(browser) -> dict[str, str]:
    """What the page of what was put aside would send, and where to."""
    page = html.document_fromstring(browser.get("/aside/").content.decode())
    forms = page.xpath("//main//form[@action]")
    return {"": forms[0].get("action"), **dict(forms[0].form_values())} if forms else {}


def test_what_was_typed_when_the_session_had_ended_is_handed_back_to_its_person(
    agency, mei, wen, as_page, harbour
):
    """Ended by idling its person is known; ended otherwise whoever signs in there next has it, and nobody after."""
    path, text = f"/clients/{harbour.reference}/name/", "Harbour & Sons <Ltd>"
    browser = as_page(mei)
    browser.get("/me/")
    remember(browser, seen_at=int(time.time()) - 9 * 3600)
    for _turn in ("idle", "gone"):
        answer = browser.post(path, {"client-name": text, "id_number": "T12345678"})
        assert answer.url == "/accounts/login/?next=/aside/"
        answer = browser.post(
            "/accounts/login/", {"login": mei.email, "password": PASSWORD, "next": "/aside/"}
        )
        assert answer.url == "/aside/"
        assert typed_again(browser) | {"csrfmiddlewaretoken": ""} == {
            "": path,
            "client-name": text,
            "csrfmiddlewaretoken": "",
        }
        with sight.at_the_door():
            Session.objects.all().delete()

    browser.post(path, {"client-name": text})
    with sight.at_the_door():
        browser.force_login(mei)
        kept = browser.session["put_aside"]
    assert typed_again(browser)
    remember(browser, put_aside=kept | {"by": wen.pk})
    assert typed_again(browser) == {}, "somebody else's"


def test_a_form_of_an_older_sign_in_is_handed_back_and_a_strangers_form_is_not(agency, mei, harbour):
    """The browser says who sent it; what another site sends is not shown, and nothing is done either way."""
    browser = browser_of(mei, enforce_csrf_checks=True)
    path = f"/clients/{harbour.reference}/name/"
    strange = browser.post(path, {"client-name": "New Ltd"}, headers={"Origin": "https://evil.example"})
    own = browser.post(path, {"client-name": "New Ltd"}, headers={"Origin": "http://testserver"})

    assert strange.status_code == 403 and own.url == "/aside/"
    assert typed_again(browser)["client-name"] == "New Ltd"
    with sight.every_client():
        assert type(harbour).objects.get(pk=harbour.pk).name == harbour.name
