"""Template messages of the agency's WeChat service account (服务号), to who follows it."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache

from clients import sealing
from notifications.channels import calling
from notifications.channels.errors import ChannelError

BASE = "https://api.weixin.qq.com"
EARLY = 300  # seconds before its end in which an access token is not used any more
STALE = {40001, 40014, 42001}  # the token was replaced or has run out
WAITS = {45009: timedelta(hours=1), 45011: timedelta(minutes=1), -1: timedelta(minutes=1)}
NOT_FOLLOWING = {43004, 43101, 40003, 43019}
ACCOUNT = {
    40002,
    40013,
    40037,
    40125,
    40164,
    40243,
    41002,
    41004,
    47003,
    48001,
    48004,
    50004,
    50007,
    89503,
    89506,
    89507,
}


def send(*, to: str, reference: str, duty: str, link: str, message_id: str) -> None:
    """A template message to this openid; raises `ChannelError`. Sent twice within minutes it is one message."""
    first, second = (settings.WECHAT_FIELDS * 2)[:2]
    said = {
        "touser": to,
        "template_id": settings.WECHAT_TEMPLATE,
        "url": link,
        "client_msg_id": message_id[:32],
        # WeChat refuses the whole message where a field is longer than its kind allows.
        "data": {first: {"value": _cut(reference, first)}, second: {"value": _cut(duty, second)}},
    }
    code = _send(said, token(fresh=False))
    if code in STALE:
        code = _send(said, token(fresh=True))
    _judge(code)


def _send(said: dict, with_token: str) -> int:
    told = calling.post(f"{BASE}/cgi-bin/message/template/send?access_token={with_token}", said, of="wechat")
    return _code(told)


def _code(told: dict) -> int:
    code = told.get("errcode", 0)
    return code if isinstance(code, int) else -2


def _judge(code: int) -> None:
    if code == 0:
        return
    if code in WAITS:
        raise ChannelError("wechat_busy", wait=WAITS[code])
    if code in NOT_FOLLOWING:
        raise ChannelError("wechat_not_following", permanent=True)
    if code in ACCOUNT | STALE:
        raise ChannelError("wechat_account", down=True)
    raise ChannelError("wechat_refused")


LONGEST = {"thing": 20, "character_string": 32, "const": 20, "phrase": 5}


def _cut(words: str, field: str) -> str:
    most = LONGEST.get(field.rstrip("0123456789"), 20)
    return words if len(words) <= most else words[: most - 1] + "…"


def token(*, fresh: bool) -> str:
    """The account's access token, shared by all processes until shortly before its end, and sealed where it lies."""
    key = "wechat:" + hashlib.sha256(settings.WECHAT_APP_ID.encode()).hexdigest()[:16]
    if not fresh and (box := cache.get(key)):
        try:
            return sealing.unseal(box, row=key)
        except sealing.Locked:
            pass  # sealed by a key that is gone: one more is asked for
    told = calling.post(
        f"{BASE}/cgi-bin/stable_token",
        {
            "grant_type": "client_credential",
            "appid": settings.WECHAT_APP_ID,
            "secret": settings.WECHAT_APP_SECRET,
            "force_refresh": fresh,
        },
        of="wechat",
    )
    found, lasts = told.get("access_token"), told.get("expires_in")
    if not isinstance(found, str) or not isinstance(lasts, int):
        _judge(_code(told))
        raise ChannelError("wechat_refused")  # neither a token nor a reason
    cache.set(key, sealing.seal(found, row=key), max(lasts - EARLY, 1))
    return found
