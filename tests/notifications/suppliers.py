"""Suppliers on this machine: each answers as its documentation says, and keeps what it took."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

SILENT = object()  # takes the request and says nothing, until the caller gives up


@dataclass
class Asked:
    """One request as it came in."""

    path: str
    query: dict[str, str]
    headers: Any
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Supplier:
    """Answers each request by `answer`, unless a test put other answers first: (status, body, headers)."""

    says: list = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    def answer(self, asked: Asked) -> tuple:
        raise NotImplementedError

    def reply(self, asked: Asked) -> Any:
        self.asked.append(asked)
        return self.says.pop(0) if self.says else self.answer(asked)


class Aliyun(Supplier):
    """SendSms of Dysmsapi 2017-05-25: 200 with a Code, whatever it is, but for requests it cannot read."""

    def answer(self, asked):
        assert asked.headers["x-acs-action"] == "SendSms"
        assert asked.headers["Authorization"].startswith("ACS3-HMAC-SHA256 Credential=key,")
        if {"PhoneNumbers", "SignName", "TemplateCode"} - set(asked.query):
            return 400, {"Code": "MissingParameter", "Message": "…", "RequestId": "R"}
        return 200, {"Code": "OK", "Message": "OK", "BizId": "1", "RequestId": "R"}


class Tencent(Supplier):
    """SendSms of 2021-01-11: always 200; either an Error, or a status for each number."""

    def answer(self, asked):
        assert asked.headers["X-TC-Action"] == "SendSms"
        assert asked.headers["Authorization"].startswith("TC3-HMAC-SHA256 Credential=key/")
        return self.status("Ok")

    @staticmethod
    def status(code: str) -> tuple:
        return 200, {"Response": {"SendStatusSet": [{"Code": code, "Message": "…"}], "RequestId": "R"}}

    @staticmethod
    def error(code: str) -> tuple:
        return 200, {"Response": {"Error": {"Code": code, "Message": "…"}, "RequestId": "R"}}


class Mailgun(Supplier):
    """POST /v3/DOMAIN/messages, by key."""

    def answer(self, asked):
        if asked.headers["Authorization"] != "Basic " + base64.b64encode(b"api:key").decode():
            return 401, b"Forbidden"
        return 200, {"id": "<1@mg.agency.example>", "message": "Queued. Thank you."}


class Robots(Supplier):
    """The robots of DingTalk, WeCom and Feishu; each takes twenty a minute, and says no by 200 and a code within."""

    MOST = 20
    TOKENS: ClassVar = {"dingtalk": "d0dingtalk", "wecom": "w0-wecom-key", "feishu": "f0-feishu-hook"}
    SECRET = "SECd1secret"

    def answer(self, asked):
        first = asked.path.split("/")[1]
        return {"robot": self._dingtalk, "cgi-bin": self._wecom, "open-apis": self._feishu}[first](asked)

    def _is_too_many(self, asked: Asked) -> bool:
        def room(one: Asked) -> tuple:
            return one.path, one.query.get("access_token") or one.query.get("key")

        return sum(room(one) == room(asked) for one in self.asked) > self.MOST

    def _dingtalk(self, asked):
        if asked.query["access_token"] != self.TOKENS["dingtalk"]:
            return 200, {"errcode": 300005, "errmsg": "token is not exist"}
        at = asked.query.get("timestamp", "0")
        signed = hmac.new(self.SECRET.encode(), f"{at}\n{self.SECRET}".encode(), hashlib.sha256).digest()
        if asked.query.get("sign") != base64.b64encode(signed).decode():
            return 200, {"errcode": 310000, "errmsg": "sign not match"}
        if abs(time.time() * 1000 - int(at)) > 3600_000:
            return 200, {"errcode": 310000, "errmsg": "invalid timestamp"}
        if self._is_too_many(asked):
            return 200, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
        assert asked.json["msgtype"] == "text" and asked.json["text"]["content"]
        return 200, {"errcode": 0, "errmsg": "ok"}

    def _wecom(self, asked):
        if asked.query["key"] != self.TOKENS["wecom"]:
            return 200, {"errcode": 93000, "errmsg": "invalid webhook url"}
        if self._is_too_many(asked):
            return 200, {"errcode": 45009, "errmsg": "api freq out of limit"}
        assert asked.json["msgtype"] == "text" and asked.json["text"]["content"]
        return 200, {"errcode": 0, "errmsg": "ok"}

    def _feishu(self, asked):
        if asked.path != f"/open-apis/bot/v2/hook/{self.TOKENS['feishu']}":
            return 400, {
                "code": 19001,
                "msg": "param invalid: incoming webhook access token invalid",
                "data": {},
            }
        if self._is_too_many(asked):
            return 200, {"code": 11232, "msg": "frequency limited", "data": {}}
        assert asked.json["msg_type"] == "text" and asked.json["content"]["text"]
        return 200, {"code": 0, "msg": "success", "data": {}}


class WeChat(Supplier):
    """The service account: a token by id and secret, a template message by token."""

    token = "T1"
    followers = ("oFollower0000000000000000001",)

    def answer(self, asked):
        if asked.path == "/cgi-bin/stable_token":
            if asked.json["secret"] != "secret":
                return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
            return 200, {"access_token": self.token, "expires_in": 7200}
        assert asked.path == "/cgi-bin/message/template/send"
        if asked.query["access_token"] != self.token:
            return 200, {
                "errcode": 40001,
                "errmsg": "invalid credential, access_token is invalid or not latest",
            }
        if asked.json["touser"] not in self.followers:
            return 200, {"errcode": 43004, "errmsg": "require subscribe"}
        return 200, {"errcode": 0, "errmsg": "ok", "msgid": 1}


@contextlib.contextmanager
def up(supplier: Supplier) -> Iterator[Supplier]:
    """This supplier, on a port of its own."""
    over = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told = supplier.reply(Asked(parts.path, query, self.headers, body))
            if told is SILENT:
                over.wait(30)
                return
            status, said, *more = told
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/plain" if isinstance(said, bytes) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST

        def log_message(self, *_):
            """Not into the tests' output."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    supplier.port = server.server_port
    try:
        yield supplier
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def closed_port() -> int:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]
