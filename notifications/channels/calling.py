"""Calling a supplier's API: one fixed host, no redirect, short waits, and only so much of the answer is read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import requests
import urllib3

from notifications.channels.errors import ChannelError

CONNECT, READ = 4.0, 8.0  # seconds
MOST = 64 * 1024  # bytes of an answer


def post(url: str, said: dict[str, Any], *, of: str) -> dict[str, Any]:
    """What the API answers to this JSON; `of` begins the reason of a `ChannelError`, say `wechat`."""
    try:
        with requests.Session() as line:
            answer = line.post(
                url,
                data=json.dumps(said, ensure_ascii=False).encode(),
                headers={"Content-Type": "application/json"},
                timeout=(CONNECT, READ),
                allow_redirects=False,
                stream=True,
            )
            return read(answer.status_code, answer.raw.read(MOST, decode_content=True), of=of)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise unanswered(error, of=of) from None


def read(status: int, content: bytes, *, of: str) -> dict[str, Any]:
    """The JSON of an answer; raises where it is none, or where the gate of the other side answered in its place."""
    if status == 429:
        raise ChannelError(f"{of}_busy", down=True)
    if status >= 500:
        raise ChannelError(f"{of}_unreachable", down=True)
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    if status >= 300 and not isinstance(told, dict):
        raise ChannelError(f"{of}_refused")
    if not isinstance(told, dict):
        raise ChannelError(f"{of}_unclear", unknown=True)
    return told


def unanswered(error: BaseException, *, of: str) -> ChannelError:
    """No answer that can be read: whether nothing was sent either, or nobody knows how it ended."""
    if _never_left(error):
        return ChannelError(f"{of}_unreachable", down=True)
    if any(isinstance(one, ValueError) for one in _causes(error)):
        return ChannelError(f"{of}_unclear", unknown=True)  # something answered, and it was no JSON
    return ChannelError(f"{of}_silent", unknown=True, down=True)


def judge_code(
    said: str, *, well: str, waits: dict[str, timedelta], numbers: set[str], is_account: bool
) -> None:
    """What a supplier of SMS said of one code; raises where it did not take it. `is_account`: no message would go."""
    if said == well:
        return
    if said in waits:
        raise ChannelError("sms_busy", wait=waits[said])
    if said in numbers:
        raise ChannelError("sms_number", permanent=True)
    if is_account:
        raise ChannelError("sms_account", down=True)
    raise ChannelError("sms_refused")


def _never_left(error: BaseException) -> bool:
    """No line was ever made: the request stayed here."""
    before = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        urllib3.exceptions.NameResolutionError,
        urllib3.exceptions.SSLError,
        urllib3.exceptions.ProxyError,
    )
    return any(isinstance(one, before) for one in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all it came from, by whatever name the SDKs keep it under."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        waiting += [
            one.__cause__,
            one.__context__,
            getattr(one, "inner_exception", None),
            getattr(one, "reason", None),
        ]
        waiting += list(one.args)
