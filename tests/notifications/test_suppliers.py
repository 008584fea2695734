"""SMS and mail by suppliers: what each answers becomes a code of ours; who is asked to wait waits."""

from __future__ import annotations

import json
import runpy
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from cases.services import phones
from clients import sight
from clients.models import Agency
from notifications import services
from notifications.channels import ChannelError, aliyun, calling, sms, tencent
from notifications.channels import mail as mailing
from tests.notifications.cast import rows
from tests.notifications.suppliers import SILENT, Aliyun, Mailgun, Tencent, closed_port, up

ROOT = Path(__file__).parents[2]
MINUTE = timedelta(minutes=1)
HARMLESS = {"permanent": False, "bounced": False, "unknown": False, "down": False, "wait": None}


def named(error: ChannelError) -> tuple[str, dict]:
    """The reason, and what differs from a plain *later*."""
    said = {name: getattr(error, name) for name in HARMLESS}
    return error.reason, {name: value for name, value in said.items() if value != HARMLESS[name]}


@pytest.fixture
def suppliers(settings, monkeypatch):
    """Both, tried in this order."""
    settings.SMS_SUPPLIERS = ["aliyun", "tencent"]
    account = {"key_id": "key", "key_secret": "hush", "sign": "港湾", "template": "SMS_1"}
    settings.SMS_ALIYUN, settings.SMS_TENCENT = account, account | {"app_id": "1400"}
    monkeypatch.setattr(calling, "CONNECT", 0.3)
    monkeypatch.setattr(calling, "READ", 0.4)
    with up(Aliyun()) as first, up(Tencent()) as second:
        for module, one, protocol in ((aliyun, first, "HTTP"), (tencent, second, "http")):
            monkeypatch.setattr(module, "HOST", f"127.0.0.1:{one.port}")
            monkeypatch.setattr(module, "PROTOCOL", protocol)
        yield first, second


def text_to(number: str = "13800138000") -> None:
    agency = Agency(name="Harbour Filing", sender="portal@agency.example")
    sms.send(to=number, code="123456", text="…", agency=agency, message_id="N-1")


def asked(module, answer, supplier) -> tuple[str, dict]:
    supplier.says.append(answer)
    with pytest.raises(ChannelError) as caught:
        module.send(to="13800138000", code="123456", message_id="N-1")
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return named(caught.value)


def ali(code: str, status: int = 200, **headers) -> tuple:
    return status, {"Code": code, "Message": "for 13800138000", "RequestId": "R"}, headers


def test_each_answer_of_alibaba_cloud_is_known_for_what_it_means(suppliers):
    first, _second = suppliers
    table = [
        (ali("isv.BUSINESS_LIMIT_CONTROL"), ("sms_busy", {"wait": MINUTE})),
        (ali("Throttling.User", 400), ("sms_busy", {"wait": timedelta(seconds=10)})),
        (ali("isv.MOBILE_NUMBER_ILLEGAL"), ("sms_number", {"permanent": True})),
        (ali("isv.AMOUNT_NOT_ENOUGH"), ("sms_account", {"down": True})),
        (ali("isv.SMS_TEMPLATE_ILLEGAL"), ("sms_account", {"down": True})),
        (ali("InvalidAccessKeyId.NotFound", 404), ("sms_account", {"down": True})),
        (ali("isp.SYSTEM_ERROR"), ("sms_refused", {})),
        ((502, b"<html>bad gateway"), ("sms_unclear", {"unknown": True})),
        (SILENT, ("sms_silent", {"unknown": True, "down": True})),
    ]
    for answer, meant in table:
        assert asked(aliyun, answer, first) == meant, answer
    assert len(first.asked) == len(table)  # the SDK tries nothing again by itself


def test_each_answer_of_tencent_cloud_is_known_for_what_it_means(suppliers):
    _first, second = suppliers
    status, error = Tencent.status, Tencent.error
    table = [
        (status("LimitExceeded.PhoneNumberThirtySecondLimit"), ("sms_busy", {"wait": MINUTE / 2})),
        (error("RequestLimitExceeded"), ("sms_busy", {"wait": timedelta(seconds=10)})),
        (status("InvalidParameterValue.IncorrectPhoneNumber"), ("sms_number", {"permanent": True})),
        (status("FailedOperation.InsufficientBalanceInSmsPackage"), ("sms_account", {"down": True})),
        (error("AuthFailure.SecretIdNotFound"), ("sms_account", {"down": True})),
        (status("FailedOperation.FailResolvePacket"), ("sms_refused", {})),
        (error("InternalError"), ("sms_refused", {})),
        ((200, b"{broken"), ("sms_unclear", {"unknown": True})),
        ((502, b"<html>bad gateway"), ("sms_unreachable", {"down": True})),
        (SILENT, ("sms_silent", {"unknown": True, "down": True})),
    ]
    for answer, meant in table:
        assert asked(tencent, answer, second) == meant, answer
    assert len(second.asked) == len(table)


def test_the_second_supplier_sends_what_the_first_cannot_but_never_what_it_may_have_sent(
    suppliers, monkeypatch
):
    first, second = suppliers
    text_to()
    (sent,) = first.asked
    assert sent.query["PhoneNumbers"] == "13800138000"
    assert json.loads(sent.query["TemplateParam"]) == {"code": "123456"}

    first.says = [ali("isv.AMOUNT_NOT_ENOUGH"), ali("isv.BUSINESS_LIMIT_CONTROL")]
    text_to()
    text_to()
    assert [one.json["PhoneNumberSet"] for one in second.asked] == [["+8613800138000"]] * 2
    assert second.asked[0].json["TemplateParamSet"] == ["123456"]

    for answer in (ali("isv.MOBILE_NUMBER_ILLEGAL"), SILENT):
        first.says = [answer]
        with pytest.raises(ChannelError):
            text_to()
    with pytest.raises(ChannelError, match="sms_not_mainland"):
        text_to("+85291234567")
    assert len(second.asked) == 2

    monkeypatch.setattr(aliyun, "HOST", f"127.0.0.1:{closed_port()}")
    text_to()
    assert len(second.asked) == 3


@pytest.mark.django_db
def test_who_is_asked_to_wait_waits_without_a_try_and_without_a_word_of_the_suppliers(
    suppliers, settings, case, ada
):
    settings.SMS_SUPPLIERS = ["aliyun"]
    first, _second = suppliers
    first.says = [ali("isv.BUSINESS_LIMIT_CONTROL")]
    now = timezone.now()
    with sight.every_client():
        phones.ask_code(case, "head", by=ada)
    services.relay_events()
    services.deliver_due(now=now + MINUTE)
    (row,) = rows(channel="sms")
    assert (row.state, row.reason, row.tries) == ("planned", "sms_busy", 0)
    assert row.next_try_at == now + 2 * MINUTE

    services.deliver_due(now=now + 2 * MINUTE)
    (row,) = rows(channel="sms")
    codes = [json.loads(one.query["TemplateParam"])["code"] for one in first.asked]
    assert (row.state, row.tries, len(set(codes))) == ("sent", 1, 2)
    assert not any(code in str(vars(row)) for code in codes)


def test_the_environment_names_a_provider_of_mail_and_suppliers_of_sms(monkeypatch):
    """Whatever is wrong with it stops the start, and names the line to write."""

    def read(**given: str) -> dict:
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "icp_portal" / "settings.py"))

    told = read(EMAIL_URL="anymail+mailgun://?api_key=a%2Fb&sender_domain=mg.agency.example")
    assert told["EMAIL_BACKEND"] == "anymail.backends.mailgun.EmailBackend"
    assert told["ANYMAIL"]["MAILGUN_API_KEY"] == "a/b"
    assert told["ANYMAIL"]["MAILGUN_SENDER_DOMAIN"] == "mg.agency.example"
    told = read(EMAIL_URL="smtp+tls://me:p%40ss@relay.example:587")
    assert (told["EMAIL_HOST"], told["EMAIL_HOST_PASSWORD"], told["EMAIL_USE_TLS"]) == (
        *("relay.example", "p@ss"),
        True,
    )
    for given, line in (
        ({"EMAIL_URL": "anymail+nobody://"}, "nobody"),
        ({"EMAIL_URL": "smtp://localhost", "SMS_SUPPLIERS": "aliyun"}, "SMS_ALIYUN_KEY_ID="),
        ({"SMS_SUPPLIERS": "carrier-pigeon"}, "carrier-pigeon"),
    ):
        with pytest.raises(ImproperlyConfigured, match=line):
            read(**given)


def test_each_answer_of_a_mail_provider_is_known_for_what_it_means(settings, monkeypatch):
    monkeypatch.setattr(calling, "READ", 0.5)
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    agency = Agency(name="Harbour Filing", sender="portal@mg.agency.example")

    def write(to: str = "ada@harbour.example") -> None:
        mailing.send(to=to, subject="S", text="T", html="<p>T", agency=agency, message_id="N-1")

    table = [
        ((429, {}, {"Retry-After": "90"}), ("mail_busy", {"wait": 90 * timedelta(seconds=1)})),
        ((429, {}, {"Retry-After": "Tue, 01 Dec 2026 08:00:00 GMT"}), ("mail_busy", {"wait": MINUTE})),
        (
            (400, {"message": "to parameter is not a valid address: ada@harbour.example"}),
            ("mail_refused", {}),
        ),
        ((401, b"Forbidden"), ("mail_account", {"down": True})),
        ((503, b"later"), ("mail_unreachable", {"down": True})),
        ((200, b"no json"), ("mail_unclear", {"unknown": True})),
        (SILENT, ("mail_silent", {"unknown": True, "down": True})),
    ]
    with up(Mailgun()) as provider:
        settings.ANYMAIL = {
            "MAILGUN_API_KEY": "key",
            "MAILGUN_API_URL": f"http://127.0.0.1:{provider.port}/v3",
            "REQUESTS_TIMEOUT": 0.5,
        }
        write()
        (sent,) = provider.asked
        assert sent.path == "/v3/mg.agency.example/messages"
        assert b"N-1" in sent.body  # as metadata and Message-ID: what bounces names its row
        for answer, meant in table:
            provider.says = [answer]
            with pytest.raises(ChannelError) as caught:
                write()
            assert named(caught.value) == meant, answer
        with pytest.raises(ChannelError, match="unusable_address"):
            write("not an address")
    with pytest.raises(ChannelError) as caught:
        write()
    assert named(caught.value) == ("mail_unreachable", {"down": True})
