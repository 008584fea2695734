"""Rooms of DingTalk, WeCom and Feishu, by the agency's robot in them; what is posted is apprise's, the address ours.

Two of the three say no by HTTP 200 with a code in the body, and apprise then says that all is well. So we listen to the
answer beside it. Its address is never built from anything typed: each kind has one host, and a token fills one place.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests
from apprise import AppriseAsset
from apprise.plugins import dingtalk, feishu, wecombot
from apprise.plugins.base import NotifyBase
from django.core.cache import cache
from django.utils import timezone

from notifications.channels import calling
from notifications.channels.errors import ChannelError

DINGTALK, WECOM, FEISHU = "dingtalk", "wecom", "feishu"
A_MINUTE = 20  # messages to one robot, as DingTalk and WeCom have it; Feishu takes a hundred
LONGEST = 1000  # signs; WeCom takes 2048 bytes
TOKENS = {
    DINGTALK: re.compile(r"[A-Za-z0-9]{8,128}"),
    WECOM: re.compile(r"[A-Za-z0-9_-]{8,128}"),
    FEISHU: re.compile(r"[A-Za-z0-9_-]{8,128}"),
}
SECRET = re.compile(r"SEC[A-Za-z0-9]{8,128}")

# apprise writes tokens and answers into its lines.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


class _Ear:
    """`requests` as those plugins call it, which keeps what was answered to this thread."""

    codes, RequestException = requests.codes, requests.RequestException

    def __init__(self) -> None:
        self.heard = threading.local()

    def post(self, url: str, **ways: Any) -> requests.Response:
        self.heard.error = self.heard.answer = None
        try:
            self.heard.answer = requests.post(url, **ways)  # noqa: S113  apprise gives its timeouts
        except requests.RequestException as error:
            self.heard.error = error
            raise
        return self.heard.answer


EAR = _Ear()


def _listen(*plugins: ModuleType) -> None:
    for plugin in plugins:
        plugin.requests = EAR  # type: ignore[attr-defined]


_listen(dingtalk, wecombot, feishu)


class DingTalk(dingtalk.NotifyDingTalk):
    def get_signature(self) -> tuple[str, str]:
        """apprise escapes the signature, and `requests` escapes it once more: no signed robot would take it."""
        at, signature = super().get_signature()
        return at, unquote(signature)


class Feishu(feishu.NotifyFeishu):
    notify_url = "https://open.feishu.cn/open-apis/bot/v2/hook/{token}"


class WeCom(wecombot.NotifyWeComBot):
    """As apprise has it."""


@dataclass(frozen=True)
class Kind:
    """How a robot of this kind is spoken to, and what its answers mean."""

    plugin: type[NotifyBase]
    host: str
    path: str
    field: str  # what the plugin calls the token
    says: str  # where the code of its answer stands
    waits: dict[int, timedelta]
    refuses: frozenset[int]  # the robot itself is not known, or its safety settings keep us out


KINDS = {
    DINGTALK: Kind(
        DingTalk, "oapi.dingtalk.com", "/robot/send", "token", "errcode",
        {130101: timedelta(minutes=10), 130102: timedelta(minutes=10), 410100: timedelta(minutes=10),
         -1: timedelta(minutes=1)},
        frozenset({300001, 300005, 310000, 400013, 400101, 400102, 400106}),
    ),
    WECOM: Kind(
        WeCom, "qyapi.weixin.qq.com", "/cgi-bin/webhook/send", "key", "errcode",
        {45009: timedelta(minutes=1), -1: timedelta(minutes=1)},
        frozenset({93000, 93004, 93008, 93017}),
    ),
    FEISHU: Kind(
        Feishu, "open.feishu.cn", "/open-apis/bot/v2/hook/", "token", "code",
        {9499: timedelta(minutes=1), 11232: timedelta(minutes=1), 11233: timedelta(minutes=1)},
        frozenset({19001, 19002, 19003, 19021, 19022, 19024}),
    ),
}  # fmt: skip


def token_in(kind: str, typed: str) -> str:
    """The token that was typed, alone or in the whole address of a robot of this kind; empty where it is neither."""
    typed = typed.strip()
    if "/" in typed or ":" in typed:
        try:
            parts = urlsplit(typed)
            is_theirs = parts.scheme == "https" and parts.netloc == KINDS[kind].host
        except ValueError:
            return ""
        if not is_theirs or not parts.path.startswith(KINDS[kind].path):
            return ""
        asked = parse_qs(parts.query)
        found = {
            DINGTALK: asked.get("access_token", [""])[0],
            WECOM: asked.get("key", [""])[0],
            FEISHU: parts.path.removeprefix(KINDS[FEISHU].path).rstrip("/"),
        }
        typed = found[kind]
    return typed if TOKENS[kind].fullmatch(typed) else ""


def send(*, kind: str, token: str, secret: str = "", text: str, robot: str) -> None:
    """Say this text in the room; raises `ChannelError`. `robot` is what its messages are counted under."""
    way = KINDS[kind]
    if not TOKENS[kind].fullmatch(token) or (secret and not SECRET.fullmatch(secret)):
        raise ChannelError("chat_robot", permanent=True)
    _keep_pace(robot)
    fields: dict[str, Any] = {way.field: token}
    if secret and kind == DINGTALK:
        fields["secret"] = secret
    line = way.plugin(
        asset=AppriseAsset(plugin_paths=[]), redirect="no", cto=calling.CONNECT, rto=calling.READ, **fields
    )
    line.request_rate_per_sec = 0
    EAR.heard.error = EAR.heard.answer = None
    line.send(body=text[:LONGEST])
    if EAR.heard.error is not None:
        raise calling.unanswered(EAR.heard.error, of="chat") from None
    answer = EAR.heard.answer
    if answer is None:
        raise ChannelError("chat_refused")
    _judge(way, answer)


def _keep_pace(robot: str) -> None:
    """Twenty a minute, counted by us: one more, and DingTalk shuts the door for ten."""
    now = timezone.now()
    key = f"chat:{robot}:{now:%Y%m%d%H%M}"
    cache.add(key, 0, 120)
    if cache.incr(key) > A_MINUTE:
        raise ChannelError("chat_busy", wait=timedelta(seconds=61 - now.second))


def _judge(way: Kind, answer: requests.Response) -> None:
    if answer.status_code == 429:
        raise ChannelError("chat_busy", wait=timedelta(minutes=1))
    told = calling.read(answer.status_code, answer.content[: calling.MOST], of="chat")
    said = told.get(way.says)
    if said == 0 and answer.status_code == 200:
        return
    if said in way.waits:
        raise ChannelError("chat_busy", wait=way.waits[said])
    if said in way.refuses:
        raise ChannelError("chat_robot", permanent=True)
    raise ChannelError("chat_refused")
