"""What is done outside and said here: the phone, the ministry's code, the police, the licence, the face check."""

from __future__ import annotations

import datetime as dt

import pytest

from cases.models import Case
from cases.services import phones
from clients import sight
from tests.api.filings import drive, today


def fresh(case) -> Case:
    with sight.every_client():
        return Case.objects.with_facts().get(pk=case.pk)


def mint(case) -> str:
    with sight.every_client():
        return phones.mint_code(case.phone_verifications.first().pk)[1]


def test_a_phone_is_asked_and_answered(ada_page, case):
    path = f"/cases/{case.reference}/mobiles/head/"
    assert "Send the code" in ada_page.get(path).content.decode()

    ada_page.post(f"{path}code/")
    code = mint(case)
    assert "3 tries left" in ada_page.get(path).content.decode()
    wrong = ada_page.post(path, {"code": "000000" if code != "000000" else "111111"}).content.decode()
    assert "not the code" in wrong and "2 tries left" in wrong
    assert ada_page.post(path, {"code": code}).status_code == 302

    assert fresh(case).head.mobile_verified_at
    assert "Verified" in ada_page.get(path).content.decode()


def test_three_wrong_tries_end_a_code(ada_page, case):
    path = f"/cases/{case.reference}/mobiles/head/"
    ada_page.post(f"{path}code/")
    code = mint(case)
    for _n in range(3):
        ada_page.post(path, {"code": "000000" if code != "000000" else "111111"})

    ada_page.post(path, {"code": code})

    assert not fresh(case).head.mobile_verified_at
    assert "Three wrong tries" in ada_page.get(path).content.decode()


def test_a_second_code_waits_a_minute(ada_page, case):
    path = f"/cases/{case.reference}/mobiles/head/code/"
    ada_page.post(path)

    page = ada_page.post(path, follow=True).content.decode()

    assert "in a minute" in page


def test_the_responsible_person_verifies_their_own_phone(ann_page, case):
    ann_page.post(f"/cases/{case.reference}/mobiles/head/code/")

    assert ann_page.post(f"/cases/{case.reference}/mobiles/head/", {"code": mint(case)}).status_code == 302
    assert fresh(case).head.mobile_verified_at


def test_the_ministrys_code_has_its_clock_and_its_button(ada_page, ann_page, case, mei):
    drive(case, "miit_review", mei)
    path = f"/cases/{case.reference}/sms-codes/"

    page = ada_page.get(path).content.decode()
    assert "12381" in page and "https://beian.miit.gov.cn/" in page and "data-countdown" in page
    assert "We have entered the codes" not in ann_page.get(path).content.decode()
    assert "Enter the ministry" in ada_page.get(case.get_absolute_url()).content.decode()
    ada_page.post(path)

    assert fresh(case).waiting_on == "miit"
    assert "No code is awaited" in ada_page.get(path).content.decode()


def test_a_responsible_person_does_not_speak_for_all(ann_page, case, mei):
    drive(case, "miit_review", mei)

    ann_page.post(f"/cases/{case.reference}/sms-codes/")

    assert fresh(case).waiting_on == "client"


@pytest.mark.parametrize(
    ("stage", "path", "waits"),
    [("licensed", "psb-filing", "psb"), ("psb_filed", "licence-application", "commercial_authority")],
)
def test_what_is_handed_in_elsewhere_is_said_with_its_day(ada_page, case, mei, stage, path, waits):
    drive(case, stage, mei)
    address = f"/cases/{case.reference}/{path}/"
    tomorrow = (dt.date.fromisoformat(today()) + dt.timedelta(days=2)).isoformat()

    assert "not come yet" in ada_page.post(address, {"on": tomorrow}).content.decode()
    assert ada_page.post(address, {"on": today()}).status_code == 302

    assert fresh(case).waiting_on == waits
    assert "<form" not in ada_page.get(address).content.decode().split("<main")[1].split("</main")[0]


def test_the_face_check_is_reported_in_its_stage(ann_page, ada_page, case, mei, paper):
    face = paper(case, "face_verification")
    path = f"/requirements/{face.reference}/report/"
    ada_page.post(path)
    assert paper(case, "face_verification").state == "to_do"
    assert face.reference not in ada_page.get(case.get_absolute_url()).content.decode()

    drive(case, "photo", mei)
    assert "I have done it" in ann_page.get(f"/tasks/{face.reference}/").content.decode()
    ann_page.post(path)

    assert paper(case, "face_verification").state == "sent"
    assert fresh(case).waiting_on == "agency"
    assert "The face check is done." in ada_page.get(case.get_absolute_url()).content.decode()
