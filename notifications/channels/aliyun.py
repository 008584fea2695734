"""SMS by Alibaba Cloud (阿里云短信), by its own SDK. What it answers becomes a code of ours, and nothing else of it."""

from __future__ import annotations

import json
from datetime import timedelta

from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions
from django.conf import settings
from Tea.exceptions import TeaException

from notifications.channels import calling
from notifications.channels.errors import ChannelError

HOST, PROTOCOL = "dysmsapi.aliyuncs.com", "HTTPS"

# A number gets one code a minute, five an hour and ten a day; the answer does not say which it was.
WAITS = {
    "isv.BUSINESS_LIMIT_CONTROL": timedelta(minutes=1),
    "isv.DAY_LIMIT_CONTROL": timedelta(hours=1),
    "isv.MONTH_LIMIT_CONTROL": timedelta(hours=1),
    "Throttling": timedelta(seconds=10),
    "Throttling.User": timedelta(seconds=10),
    "Throttling.Api": timedelta(seconds=10),
}
NUMBERS = {"isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.BLACK_KEY_CONTROL_LIMIT"}
# Money, keys, sign and template: theirs to mend who run the portal, and the same for every message.
ACCOUNT = {
    "isv.OUT_OF_SERVICE",
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.ACCOUNT_NOT_EXISTS",
    "isv.ACCOUNT_ABNORMAL",
    "isv.PRODUCT_UN_SUBSCRIPT",
    "isv.PRODUCT_UNSUBSCRIBE",
    "isv.SMS_SIGNATURE_ILLEGAL",
    "isv.SMS_SIGN_ILLEGAL",
    "isv.SMS_TEMPLATE_ILLEGAL",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
    "isv.TEMPLATE_MISSING_PARAMETERS",
    "isv.TEMPLATE_PARAMS_ILLEGAL",
    "isv.INVALID_PARAMETERS",
    "isv.DENY_IP_RANGE",
    "isp.RAM_PERMISSION_DENY",
    "SignatureDoesNotMatch",
    "SignatureNonceUsed",
    "InvalidTimeStamp.Expired",
}


def send(*, to: str, code: str, message_id: str) -> None:
    """One code by the agency's template; raises `ChannelError`."""
    account = settings.SMS_ALIYUN
    asked = SendSmsRequest(
        phone_numbers=to,
        sign_name=account["sign"],
        template_code=account["template"],
        template_param=json.dumps({"code": code}),
        out_id=message_id,
    )
    # A second try of the SDK's own could be a second SMS.
    ways = RuntimeOptions(
        autoretry=False,
        connect_timeout=int(calling.CONNECT * 1000),
        read_timeout=int(calling.READ * 1000),
    )
    try:
        line = Client(
            Config(
                access_key_id=account["key_id"],
                access_key_secret=account["key_secret"],
                endpoint=HOST,
                protocol=PROTOCOL,
            )
        )
        said = line.send_sms_with_options(asked, ways).body.code or ""
    except TeaException as error:
        said = getattr(error, "code", None) or ""
        if not said or said == "None":
            status = getattr(error, "status_code", None)
            if status:
                raise ChannelError("sms_refused", down=status >= 500) from None
            raise calling.unanswered(error, of="sms") from None
    except ValueError:  # not JSON: nobody knows what was done
        raise ChannelError("sms_unclear", unknown=True) from None
    is_account = said in ACCOUNT or said.startswith(("InvalidAccessKeyId", "Forbidden", "NoPermission"))
    calling.judge_code(said, well="OK", waits=WAITS, numbers=NUMBERS, is_account=is_account)
