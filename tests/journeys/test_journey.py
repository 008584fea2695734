"""The journey: one filing, from the invitation to the commercial licence, by the pages alone, on real servers."""

from __future__ import annotations

import re

import pytest

from tests.documents import samples
from tests.journeys.people import Contact, Desk
from tests.journeys.stranger import Stranger, facts, next_mail, text_of, today

PDF, HEIC, JPEG = "application/pdf", "image/heic", "image/jpeg"


@pytest.mark.timeout(900)
def test_one_case_from_invitation_to_commercial_licence(browser, portal, mark):
    domain, address, mobile = f"heron-{mark}.example", f"hana-{mark}@heron.example", f"1390000{mark}"
    icp, psb, licence = f"沪ICP备2026{mark}02号-1", f"沪公网安备3100000288{mark}号", f"沪B2-2027{mark}"
    given = facts(domain=domain, mobile=mobile)
    mei, hana = Desk(browser, portal), Contact(browser, portal, address)

    # Mei takes on a client and opens their filing; the client is invited.
    mei.signs_in("manager@agency.example")
    mei.adds_a_client(f"Heron Example {mark}", "苍鹭示例", "Hana", address)
    mei.opens_a_case(domain, "Alibaba Cloud", "Shanghai")
    assert "Draft" in mei.reads()

    # Hana comes in by the mailed link and code, without a password, and finds her tasks.
    hana.comes_in_by_the_invitation()
    home = hana.goes_home()
    assert domain in home
    assert "Your tasks" in home

    # She answers the questions; all is saved as she types.
    for task, thing in (
        ("Who files", "subject"),
        ("The head of the organisation", "head"),
        ("Your domain", "domain"),
        ("Your site", "site"),
        ("Your server", "server"),
    ):
        # Shanghai asks holders of a passport whether the name on it is written otherwise.
        then = {"head-name_differs": False} if thing == "head" else None
        hana.answers(task, {f"{thing}-{name}": value for name, value in given[thing].items()}, then=then)
    hana.answers(
        "About this filing", {"case-service": "website", "case-platform_email": "filing@heron.example"}
    )
    assert not re.search(r"answers? missing", hana.goes_home())
    hana.verifies_the_phone(mobile)

    # She photographs the passport, scans the licence, and signs the form.
    hana.sends("Passport", "IMG_2041.HEIC", HEIC, samples.heic())
    hana.sends("Business licence", "licence.pdf", PDF, samples.scan_pdf(3))
    hana.sends("Verification form", "form.pdf", PDF, samples.scan_pdf(1))
    hana.sends("Domain certificate", "certificate.jpg", JPEG, samples.camera_jpeg((1600, 1200)))
    assert "Nothing to do for you" in hana.goes_home()

    # Mei looks at each: one comes back with a reason, and Hana sends another in its place.
    mei.returns("Passport", "id_unclear", "The upper corner is cut off.")
    back = text_of(next_mail(portal, address, about=lambda one: "upper corner is cut off" in text_of(one)))
    assert "Photograph the original again" in back
    assert "upper corner is cut off" in _task(hana, "Passport")
    hana.sends("Passport", "IMG_2042.JPG", JPEG, samples.camera_jpeg())
    for paper in ("Passport", "Business licence", "Verification form", "Domain certificate"):
        mei.accepts(paper)
    seen = _seen(hana)
    assert "Mei Chen" in seen

    # The provider wants the site's name changed, and gets it; round two is visible.
    mei.says_what_kind_of_filing("first")
    assert "Provider pre-audit" in mei.moves("submit")
    assert re.search(r"Round 2", mei.returns_the_filing("site_name", "Name the goods you sell."))
    next_mail(portal, address, about=lambda one: "Name the goods you sell." in text_of(one))
    hana.goes_home()
    hana.answers("Your site", {"site-name": "苍鹭示例商贸"})
    assert "Provider pre-audit" in mei.moves("submit")

    # Face check, SMS code, licence: each with its clock, its mail and its line for the foot of the page.
    mei.moves("pass_pre_audit")
    assert "photo" in _clocks(portal, mei.reference)
    next_mail(portal, address, about=lambda one: "face check" in one["Subject"])
    assert "Face check" in hana.goes_home()
    mei.moves("finish_photo", photo_way="app", done_on=today())
    assert {"sms_code", "miit_review"} <= _clocks(portal, mei.reference)
    next_mail(portal, address, about=lambda one: "24 hours to answer" in one["Subject"])
    hana.goes_home()
    hana.follows(re.compile("How it goes"))
    hana.page.locator("main form button").last.click()
    hana.page.wait_for_load_state()
    assert "sms_code" not in _clocks(portal, mei.reference)
    mei.moves("grant_licence", icp_number=icp, licensed_on=today())
    assert "psb_filing" in _clocks(portal, mei.reference)
    mail = text_of(next_mail(portal, address, about=lambda one: icp in text_of(one)))
    assert f'<a href="https://beian.miit.gov.cn/">{icp}</a>' in mail
    assert icp in hana.goes_home()

    # The police number, and the commercial licence.
    mei.moves("file_psb", psb_number=psb, filed_on=today())
    mail = text_of(next_mail(portal, address, about=lambda one: psb in text_of(one)))
    assert "".join(sign for sign in psb if sign.isdigit()) in mail
    mei.moves("grant_commercial_licence", licence_number=licence, granted_on=today())
    next_mail(portal, address, about=lambda one: licence in text_of(one))
    assert licence in mei.looks_at_the_case()
    assert licence in hana.goes_home()

    # What is left of it is the whole story, and nobody's browser ever complained.
    manager = Stranger(portal, portal.token("manager@agency.example"))
    events = manager.every(f"/cases/{mei.reference}/events")
    assert [one["move"] for one in events if one["kind"] == "case.moved"] == [
        "submit",
        "return_for_changes",
        "submit",
        "pass_pre_audit",
        "finish_photo",
        "grant_licence",
        "file_psb",
        "grant_commercial_licence",
    ]
    kinds = [one["kind"] for one in events]
    assert (kinds.count("paper.sent"), kinds.count("paper.returned"), kinds.count("paper.accepted")) == (
        5,
        1,
        4,
    )
    case = manager.case(mei.reference)
    assert (case["stage"], case["waiting_on"]) == ("commercial_licensed", "nobody")
    assert mei.complaints + hana.complaints == []
    mei.leaves()
    hana.leaves()


def _task(hana: Contact, paper: str) -> str:
    hana.goes_home()
    hana.follows(re.compile(paper))
    return hana.reads()


def _seen(hana: Contact) -> str:
    """Who saw my papers."""
    hana.goes_to("/seen/")
    return hana.reads()


def _clocks(portal, case: str) -> set[str]:
    """The clocks that run."""
    return {
        kind
        for (kind,) in portal.sql(
            "SELECT kind FROM cases_deadline d JOIN cases_case c ON c.id = d.case_id"
            " WHERE c.reference = %s AND d.state = 'running'",
            case,
        )
    }
