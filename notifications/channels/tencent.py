"""SMS by Tencent Cloud (腾讯云短信), by its own SDK. What it answers becomes a code of ours, and nothing else of it."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from notifications.channels import calling
from notifications.channels.errors import ChannelError

HOST, PROTOCOL, REGION = "sms.tencentcloudapi.com", "https", "ap-guangzhou"

WAITS = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": timedelta(seconds=30),
    "LimitExceeded.PhoneNumberOneHourLimit": timedelta(minutes=10),
    "LimitExceeded.PhoneNumberDailyLimit": timedelta(hours=1),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": timedelta(hours=1),
    "LimitExceeded.AppDailyLimit": timedelta(hours=1),
    "LimitExceeded.DailyLimit": timedelta(hours=1),
    "LimitExceeded.DeliveryFrequencyLimit": timedelta(seconds=30),
    "RequestLimitExceeded": timedelta(seconds=10),
}
NUMBERS = {
    "InvalidParameterValue.IncorrectPhoneNumber",
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
    "FailedOperation.PhoneNumberInBlacklist",
    "FailedOperation.PhoneNumberOnBlacklist",
    "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
}
ACCOUNT = (
    "AuthFailure",
    "UnauthorizedOperation",
    "InvalidParameterValue",
    "InvalidParameter",
    "MissingParameter",
    "UnsupportedOperation",
    "FailedOperation.InsufficientBalanceInSmsPackage",
    "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.TemplateIncorrectOrUnapproved",
    "FailedOperation.TemplateUnapprovedOrNotExist",
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
    "FailedOperation.MissingTemplateToModify",
)


def send(*, to: str, code: str, message_id: str) -> None:
    """One code by the agency's template; raises `ChannelError`."""
    account = settings.SMS_TENCENT
    asked = SendSmsRequest()
    asked.SmsSdkAppId = account["app_id"]
    asked.SignName = account["sign"]
    asked.TemplateId = account["template"]
    asked.TemplateParamSet = [code]
    asked.PhoneNumberSet = [f"+86{to.removeprefix('+86')}"]
    asked.SessionContext = message_id
    ways = HttpProfile(protocol=PROTOCOL, endpoint=HOST, reqTimeout=calling.READ)
    line = SmsClient(
        Credential(account["key_id"], account["key_secret"]), REGION, ClientProfile(httpProfile=ways)
    )
    try:
        statuses = line.SendSms(asked).SendStatusSet or []
        said = statuses[0].Code if statuses else ""
    except TencentCloudSDKException as error:
        said = error.code or ""
        if said == "ClientNetworkError":
            raise calling.unanswered(error, of="sms") from None
        if said == "ServerNetworkError":
            raise ChannelError("sms_unreachable", down=True) from None
        if "." not in said and said not in (*WAITS, *ACCOUNT, "InternalError"):
            # The SDK's name for what it could not read: nobody knows what was done.
            raise ChannelError("sms_unclear", unknown=True) from None
    is_account = said.startswith(ACCOUNT)
    calling.judge_code(said, well="Ok", waits=WAITS, numbers=NUMBERS, is_account=is_account)
