"""Messages of the ministry and of providers, and those that only look like them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trade.messages import KINDS, read_message

PATIENCE = 8  # seconds of this process; what grows faster than its input takes minutes

SAMPLES = [
    (
        "【工信部】您的ICP备案短信核验验证码为246810，请于24小时内登录beian.miit.gov.cn完成短信核验。",
        "code",
        None,
        "246810",
        None,
        (),
    ),
    (
        "【工业和信息化部】您正在办理ICP备案，验证码：135790，有效期24小时，请访问 https://beian.miit.gov.cn/ 短信核验栏目提交。",  # noqa: E501 (a message is one line)
        "code",
        None,
        "135790",
        None,
        (),
    ),
    (
        "【工信部】测试贸易有限公司：您的ICP备案申请已通过审核，备案/许可证编号为沪ICP备2026000001号-1，审核通过日期：2026-06-03。",
        "approved",
        "沪ICP备2026000001号-1",
        None,
        None,
        (),
    ),
    (
        "邮件：尊敬的用户，您好！您提交的新增网站备案已审核通过，主体备案号：粤ICP备2026000002号，网站备案号：粤ICP备2026000002号-2，网站域名：harbour.example。",
        "approved",
        "粤ICP备2026000002号-2",
        None,
        "harbour.example",
        (),
    ),
    (
        "Alibaba Cloud: your ICP filing for lotus.example has been approved. ICP number: 浙ICP备2026000003号-1.",
        "approved",
        "浙ICP备2026000003号-1",
        None,
        "lotus.example",
        (),
    ),
    (
        "【工信部】您的备案申请未通过审核，退回原因：域名所有者与主办单位不一致。请联系接入服务商修改后重新提交。",
        "rejected",
        None,
        None,
        None,
        ("domain_owner_mismatch",),
    ),
    (
        "【腾讯云】您的备案订单被驳回：网站负责人身份证照片不清晰，请登录控制台修改。",
        "rejected",
        None,
        None,
        None,
        ("id_unclear",),
    ),
    ("您的备案因24小时内未完成短信核验已被退回。", "rejected", None, None, None, ("sms_timeout",)),
    (
        "【阿里云】您的备案订单已通过初审并提交至管局审核，请留意工信部核验短信。",
        "submitted",
        None,
        None,
        None,
        (),
    ),
    ("尊敬的ICP用户：您的短信核验已全部完成，该请求将提交管局审核。", "submitted", None, None, None, ()),
    ("【阿里云】验证码864209，您正在填写ICP备案信息，5分钟内有效。", "other", None, None, None, ()),
    (
        "【工信部】您的网站 old.example（京ICP备12345678号-2）备案已注销。",
        "other",
        None,
        None,
        "old.example",
        (),
    ),
]
OTHERS = [
    ("other", "【阿里云】备案进度已通过短信发送给您。"),
    ("other", "【阿里云】您已备案成功的网站harbour.example未悬挂备案号，请整改。"),
    ("other", "【阿里云】您的备案网站未通过年审，请整改。"),
    ("other", "【阿里云】您的ICP备案网站未通过公安联网备案审核。"),
    ("other", "Please transfer your domain to an approved registrar for the ICP filing."),
    ("other", "【阿里云】您的备案域名未通过实名认证。"),
    ("rejected", "【阿里云】您的备案审核未通过：域名未实名认证。"),
    ("approved", "【工信部】您审核通过的备案号为京ICP备12345678号-1。"),
    ("submitted", "【阿里云】您的短信核验已通过，备案订单已提交管局审核。"),
    ("other", "【阿里云】您的验证码为246810，用于ICP备案核验，请勿泄露。工信部不会向您索要验证码。"),
    ("other", "【工信部】您的ICP备案短信核验验证码为246810，请访问 http://beian-miit.test/ 完成核验。"),
    (
        "other",
        "【工信部】您的ICP备案短信核验验证码为246810，请访问 https://beian.miit.gov.cn.evil.test/ 完成核验。",
    ),
    (
        "other",
        "【工信部】您的ICP备案短信核验验证码为246810，请访问 https://beian.miit.gov.cn@evil.test 完成核验。",
    ),
    (
        "code",
        "【工信部】您的ICP备案短信核验验证码为246810，请于24小时内登录https://beian.miit.gov.cn完成短信核验，网站harbour.example。",
    ),
    ("code", "【工信部】验证码246810，您正在进行ICP备案短信核验，逾期将退回。"),
    (
        "code",
        "[MIIT] Your ICP filing SMS verification code is 246810. Enter it at beian.miit.gov.cn within 24 hours.",
    ),
    ("other", "【测试银行】您的贷款申请已通过审核，验证码135790。"),
    ("other", "【腾讯云】您的公安联网备案已审核通过，备案号京公网安备11000002999901号。"),
    ("other", "【工信部】您的注销主体申请已通过审核。"),
    ("other", "【阿里云】您的取消接入申请已通过审核，域名old.example。"),
    ("other", "【阿里云】您的域名实名认证已审核通过，可以进行备案。"),
    ("other", "【阿里云】您的备案信息核查已通过。"),
    ("other", "【阿里云】备案审核通过后，请在网站底部悬挂备案号。"),
    ("other", "【阿里云】您的备案尚未通过审核，请耐心等待。"),
    ("other", "【腾讯云】如备案被驳回，请登录控制台修改后重新提交。"),
    ("other", "【腾讯云】请于今日完成短信核验，以免备案订单被退回。"),
    ("submitted", "【腾讯云】您的备案订单已通过腾讯云审核，已提交至广东省通信管理局。"),
    ("submitted", "【华为云】您的备案初审已通过，请等待。"),
    ("approved", "【工信部】您的备案变更申请已通过审核，请于30日内办理公安联网备案。"),
    (
        "approved",
        "恭喜，您的网站备案已审核通过，备案号京ICP备12345678号-1，请30日内到公安机关办理公安联网备案，如需注销请登录。",
    ),
    ("approved", "您的新增接入申请已审核通过。主体备案号京ICP备12345678号"),
    ("rejected", "【工信部】您的ICP备案短信核验已超时，请联系接入商重新提交。"),
    ("rejected", "【百度智能云】您的备案真实性核验未通过，请网站负责人重新核验。"),
    (
        "rejected",
        "Tencent Cloud: your ICP filing for harbour.example was rejected because the passport photo is not clear.",
    ),
    ("rejected", "您的备案曾提交管局，现审核未通过，原因：电话无法接通。"),
    ("approved", "您的备案此前被退回，修改后现已审核通过。"),
    ("other", "【阿里云】备案专享：云服务器续费优惠，最高立减500元。"),
    ("other", "【公安部】您的网站公安备案未通过审核，请修改。"),
    ("other", "【阿里云】您的发票申请已驳回，备案客户请联系客服。"),
    ("other", "Your refund was approved."),
    (
        "submitted",
        "Alibaba Cloud: your ICP filing has been submitted to the Zhejiang administration for review.",
    ),
    ("submitted", "Your ICP filing passed the initial review and has been submitted to MIIT."),
    ("other", "【阿里云】您有一个备案订单尚未提交，请尽快登录提交。"),
    ("other", "【微信】您的验证码是246810"),
    ("other", "【工信部】您的备案已通过年审。"),
    ("other", "【工信部】您的网站因空壳，备案号京ICP备12345678号-1已被注销。"),
    ("other", "Once your ICP filing is approved, you will receive the number."),
    ("rejected", "Your ICP filing was not approved."),
    ("submitted", "Your ICP filing is under review and not yet approved."),
    (
        "approved",
        "Your ICP filing has been approved by MIIT. ICP number: 京ICP备12345678号-1. Please file with the public security bureau (PSB) within 30 days.",  # noqa: E501 (a message is one line)
    ),
    ("approved", "【工信部】北京某公司：您的ICP备案申请已审核通过，备案号为：京ICP备2026000001号-1。"),
    ("other", "【工信部】您的增值电信业务经营许可证申请已审核通过。"),
    ("approved", "尊敬的用户：贵公司提交的ICP备案申请，经北京市通信管理局审核，已审核通过。"),
    ("rejected", "【阿里云】您的备案申请被管局退回，退回原因：网站负责人手机号重复。"),
    ("rejected", "【阿里云】您的备案初审未通过：营业执照不清晰。"),
]


@pytest.mark.parametrize(("text", "kind", "icp_number", "code", "domain", "reasons"), SAMPLES)
def test_a_message_of_the_trade(text, kind, icp_number, code, domain, reasons):
    assert read_message(text) == (kind, icp_number, code, domain, reasons)


@pytest.mark.parametrize(("kind", "text"), OTHERS)
def test_a_message_by_its_words(kind, text):
    found = read_message(text)

    assert found.kind == kind
    assert (found.code is not None) == (kind == "code")
    assert found.icp_number is None or kind == "approved"
    assert not found.reasons or kind == "rejected"


def test_the_number_of_the_site_goes_before_the_subject():
    text = "您的备案已审核通过，主体备案号：京 ICP 备 12345678 号，网站备案号：京ＩＣＰ备１２３４５６７８号－２。"

    assert read_message(text).icp_number == "京ICP备12345678号-2"


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("见 https://beian.aliyun.com/order?x=1 与 www.harbour.example。", "www.harbour.example"),
        ("请联系 help@harbour.example 或 beian.miit.gov.cn", None),
        ("附件：form.pdf，网站 lotus.example", "lotus.example"),
        ("网站域名：例子.测试，已收到", "xn--fsqu00a.xn--0zwm56d"),
        ("版本 1.2.3 已更新，e.g. nothing", None),
    ],
)
def test_the_first_domain_of_nobody_else_is_the_clients(text, domain):
    assert read_message(text).domain == domain


@given(
    st.text(max_size=300)
    | st.text("【】工信部备案核验码通过未退回提交审驳您的短信0123456789.,，。:/https", max_size=200)
)
def test_no_text_is_too_strange(text):
    found = read_message(text)

    assert found.kind in KINDS
    assert (found.code is not None) == (found.kind == "code")


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "备案",
        "【",
        "a.",
        "未通过审核",
        "备案已通过,",
        "246810",
        "https://",
        "京ICP备12345678号-",
        "域名",
        "\ufdfa",
        "[" * 9,
    ],
)
def test_a_huge_message_is_quick(piece):
    text = "【工信部】备案核验" + piece * (400_000 // len(piece))
    begun = time.process_time()

    read_message(text)

    assert time.process_time() - begun < PATIENCE
