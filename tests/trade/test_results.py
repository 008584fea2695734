"""What a message means for a filing: thirty and more read right, twenty and more that only look like one."""
# ruff: noqa: E501 (a message is one line)

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trade.test_messages import OTHERS, SAMPLES
from trade.results import HIDDEN, MEANINGS, read_result, redacted
from trade.results import words_in as server_words

ICP, PSB = "沪ICP备2026000001号-1", "沪公网安备31010102000001号"

# (text, meaning, verdicts that must be among its finer ones, number, domains)
READ = [
    ("【工信部】您的ICP备案短信核验验证码为246810，请于24小时内登录beian.miit.gov.cn完成短信核验。", "code", "", None, ()),
    ("[MIIT] Your ICP filing SMS verification code is 246810. Enter it at beian.miit.gov.cn within 24 hours.", "code", "", None, ()),
    ("【工业和信息化部】验证码：135790，您正在办理网站harbour.example的ICP备案短信核验。", "code", "", None, ("harbour.example",)),
    ("【工信部】12381：ICP备案核验码 975310，24小时内有效，逾期备案将被退回。", "code", "", None, ()),
    (f"【工信部】测试贸易有限公司：您的ICP备案申请已通过审核，备案/许可证编号为{ICP}，审核通过日期：2026-06-03。", "approved", "approved", ICP, ()),
    (f"您提交的新增网站备案已审核通过，主体备案号：沪ICP备2026000001号，网站备案号：{ICP}，网站域名：harbour.example。", "approved", "approved", ICP, ("harbour.example",)),
    (f"Alibaba Cloud: your ICP filing for lotus.example has been approved. ICP number: {ICP}.", "approved", "approved", ICP, ("lotus.example",)),
    ("【工信部】您的备案变更申请已通过审核，请于30日内办理公安联网备案。", "approved", "approved", None, ()),
    ("您的新增接入申请已审核通过。主体备案号京ICP备12345678号", "approved", "approved", "京ICP备12345678号", ()),
    (f"恭喜！www.harbour.example 备案成功，备案号{ICP}。", "approved", "approved", ICP, ("www.harbour.example",)),
    (f"尊敬的用户：贵公司提交的ICP备案申请，经上海市通信管理局审核，已审核通过，网站备案号 {ICP}。", "approved", "approved", ICP, ()),
    (f"【腾讯云】您的网站harbour.example备案已通过上海管局审核，备案号：{ICP}。", "approved", "approved", ICP, ("harbour.example",)),
    ("【工信部】您的备案申请未通过审核，退回原因：域名所有者与主办单位不一致。", "rejected", "rejected", None, ()),
    ("【腾讯云】您的备案订单被驳回：网站负责人身份证照片不清晰，请登录控制台修改。", "rejected", "rejected", None, ()),
    ("您的备案因24小时内未完成短信核验已被退回。", "rejected", "rejected", None, ()),
    ("【阿里云】您的备案初审未通过：营业执照不清晰。", "rejected", "rejected", None, ()),
    ("【阿里云】您的备案申请被管局退回，退回原因：网站负责人手机号重复。", "rejected", "rejected", None, ()),
    ("Tencent Cloud: your ICP filing for harbour.example was rejected because the passport photo is not clear.", "rejected", "rejected", None, ("harbour.example",)),
    ("Your ICP filing was not approved by the bureau.", "rejected", "rejected", None, ()),
    ("【百度智能云】您的备案真实性核验未通过，请网站负责人重新核验。", "rejected", "rejected", None, ()),
    ("【工信部】您的ICP备案短信核验已超时，请联系接入商重新提交。", "rejected", "rejected", None, ()),
    ("【阿里云】您的备案订单已通过初审并提交至管局审核，请留意工信部核验短信。", "submitted", "pre_audit_passed handed_over", None, ()),
    ("【华为云】您的备案初审已通过，请等待。", "submitted", "pre_audit_passed", None, ()),
    ("【腾讯云】您的备案订单已通过腾讯云审核，已提交至广东省通信管理局。", "submitted", "pre_audit_passed handed_over", None, ()),
    ("尊敬的ICP用户：您的短信核验已全部完成，该请求将提交管局审核。", "submitted", "sms_done", None, ()),
    ("【阿里云】您的短信核验已通过，备案订单已提交管局审核。", "submitted", "sms_done handed_over", None, ()),
    ("Alibaba Cloud: your ICP filing for harbour.example has been submitted to the Zhejiang administration for review.", "submitted", "handed_over", None, ("harbour.example",)),
    ("【阿里云】我们已收到您的备案订单，正在审核。", "submitted", "submitted", None, ()),
    (f"【腾讯云】您的公安联网备案已审核通过，备案号{PSB}。", "psb_approved", "psb_approved", None, ()),
    (f"公安联网备案平台：harbour.example 的公安备案审核通过，公安备案号：{PSB}，请悬挂。", "psb_approved", "psb_approved", None, ("harbour.example",)),
    (f"Your PSB filing for harbour.example has been approved. Number: {PSB}", "psb_approved", "psb_approved", None, ("harbour.example",)),
    ("【公安部】您的网站公安备案未通过审核，请修改。", "psb_rejected", "psb_rejected", None, ()),
    ("【阿里云】您的ICP备案网站未通过公安联网备案审核。", "psb_rejected", "psb_rejected", None, ()),
    ("全国互联网安全管理平台：您提交的公安联网备案已被退回，原因：IP地址有误。", "psb_rejected", "psb_rejected", None, ()),
]  # fmt: skip

DECOYS = [
    "【阿里云】验证码864209，您正在填写ICP备案信息，5分钟内有效。",
    "【微信】您的验证码是246810",
    "【测试银行】您的贷款申请已通过审核，验证码135790。",
    "【阿里云】您的验证码为246810，用于ICP备案核验，请勿泄露。工信部不会向您索要验证码。",
    "【工信部】您的ICP备案短信核验验证码为246810，请访问 http://beian-miit.test/ 完成核验。",
    "【工信部】您的ICP备案短信核验验证码为246810，请访问 https://beian.miit.gov.cn.evil.test/ 完成核验。",
    "【工信部】您的备案已通过审核，请登录 https://miit-beian.test/ 领取。",
    f"【公安部】您的公安联网备案已审核通过，备案号{PSB}，请登录 http://beian-mps.test/ 领取证书。",
    "【工信部】您的网站 old.example（京ICP备12345678号-2）备案已注销。",
    "【工信部】您的注销主体申请已通过审核。",
    "【阿里云】您的取消接入申请已通过审核，域名old.example。",
    "【阿里云】您的域名实名认证已审核通过，可以进行备案。",
    "【阿里云】您的备案信息核查已通过。",
    "【阿里云】备案审核通过后，请在网站底部悬挂备案号。",
    "【阿里云】您的备案尚未通过审核，请耐心等待。",
    "【腾讯云】如备案被驳回，请登录控制台修改后重新提交。",
    "【腾讯云】请于今日完成短信核验，以免备案订单被退回。",
    "【腾讯云】若公安联网备案未通过审核，请及时修改。",
    "【阿里云】公安联网备案审核通过后，请悬挂公安备案号。",
    "【阿里云】请于30日内完成公安联网备案。",
    "【阿里云】备案专享：云服务器续费优惠，最高立减500元。",
    "【阿里云】您的发票申请已驳回，备案客户请联系客服。",
    "【阿里云】您有一个备案订单尚未提交，请尽快登录提交。",
    "【工信部】您的备案已通过年审。",
    "【工信部】您的增值电信业务经营许可证申请已审核通过。",
    "Once your ICP filing is approved, you will receive the number.",
    "Please transfer your domain to an approved registrar for the ICP filing.",
    "Your refund was approved.",
    "Dear Ada, is our filing through? We have heard nothing. Best, Bo",
]  # fmt: skip


def test_there_are_as_many_as_were_promised():
    assert len(READ) >= 30 and len(DECOYS) >= 20
    assert {row[1] for row in READ} == set(MEANINGS) - {"other"}


@pytest.mark.parametrize(("text", "meaning", "said", "icp_number", "domains"), READ)
def test_a_message_is_read_right(text, meaning, said, icp_number, domains):
    found = read_result(text)

    assert found.meaning == meaning
    assert set(said.split()) <= found.said
    assert (found.message.icp_number, found.domains) == (icp_number, domains)
    assert found.psb_number == (PSB if PSB in text else None)


@pytest.mark.parametrize("text", DECOYS)
def test_a_decoy_is_left_alone(text):
    assert read_result(text).meaning == "other"


@pytest.mark.parametrize("text", [row[0] for row in SAMPLES] + [row[1] for row in OTHERS])
def test_it_says_no_other_than_the_tool(text):
    """What the police answer is the one thing that it knows besides."""
    found = read_result(text)

    assert found.meaning == found.message.kind or (
        found.message.kind == "other" and found.meaning.startswith("psb_")
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("您的备案申请已通过审核，审核通过日期：2026-06-03。", date(2026, 6, 3)),
        ("您的备案已于审核通过时间 2026年6月3日 办理完毕", date(2026, 6, 3)),
        ("Your ICP filing was approved on 2026/6/3.", date(2026, 6, 3)),
        ("审核通过日期：2999-01-01", None),
        ("审核通过日期：2026-13-40", None),
        ("公司成立于2019-05-01", None),
    ],
)
def test_the_day_is_that_of_the_result(text, day):
    assert read_result(text).on == day


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("验证码为246810，请于24小时内", f"验证码为{HIDDEN}，请于24小时内"),
        ("code 246 810 or 246-810", f"code {HIDDEN} or {HIDDEN}"),
        ("code ２４６８１０", f"code {HIDDEN}"),
        ("code 2 4 6 8 1 0.", f"code {HIDDEN}."),
        ("备案号沪ICP备2026000001号-1", "备案号沪ICP备2026000001号-1"),
        ("备案号京ICP备050001号", "备案号京ICP备050001号"),
        (f"公安备案号{PSB}", f"公安备案号{PSB}"),
        ("身份证号11010119900307002X有误", f"身份证号{HIDDEN}有误"),
        ("电话13800000001", f"电话{HIDDEN}"),
        ("日期2026-06-03", "日期2026-06-03"),
    ],
)
def test_codes_and_numbers_of_people_are_taken_out(text, kept):
    assert redacted(text) == kept


@given(st.text(max_size=120), st.integers(0, 999_999), st.text(" -.,，。:：为是", max_size=2))
def test_no_code_survives(around, code, between):
    digits = f"{code:06d}"
    for text in (f"验证码{between}{digits}。{around}", f"{around}。code{between}{digits}"):
        assert digits not in redacted(text)


def test_what_may_be_a_servers_number_is_found():
    assert "0000aaaa-1111-bbbb-2222" in server_words("备案服务号：0000aaaa-1111-bbbb-2222，已通过")


@given(
    st.text(max_size=300) | st.text("【】工信部公安备案核验码通过未退回0123456789.,，。:/https", max_size=200)
)
def test_no_text_is_too_strange(text):
    assert read_result(text).meaning in MEANINGS
    redacted(text)
