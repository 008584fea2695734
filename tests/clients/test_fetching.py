"""The fetcher against a hostile server: it cannot be turned inward, kept waiting or filled up."""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from clients.fetching import PUBLIC, NotFetched, fetch, is_public
from tests.strangers import moved, page, stranger

HERE = "http://harbour.example/"


@pytest.fixture
def server():
    with stranger() as one:
        yield one


def refusal(url: str, terms) -> str:
    with pytest.raises(NotFetched) as caught:
        fetch(url, terms)
    return caught.value.code


# ── Where to ──

INWARD = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
    "::", "::1", "::127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:0:7f00:1:0:0:f5ff:fffe", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1",
    "2001:db8::1", "100::1", "192.88.99.1", "168.63.129.16",
]  # fmt: skip
OUTWARD = ["8.8.8.8", "223.5.5.5", "::ffff:8.8.8.8", "64:ff9b::808:808", "2400:3200::1", "2002:808:808::1"]


def test_every_address_is_judged_by_what_is_wrapped_in_it():
    assert [one for one in INWARD if is_public(ipaddress.ip_address(one))] == []
    assert [one for one in OUTWARD if not is_public(ipaddress.ip_address(one))] == []


def test_a_name_with_one_address_inside_is_refused_altogether(server):
    for inside in INWARD:
        terms = server.terms({"harbour.example": ["8.8.8.8", inside]}, allowed=frozenset())

        assert refusal(HERE, terms) == "address", inside
    assert server.asked == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://[::ffff:7f00:1]/", "address"),
        ("http://[::1]/", "address"),
        ("http://[64:ff9b::7f00:1]/", "address"),
        ("http://169.254.169.254/latest/meta-data/", "address"),
        ("http://2130706433/", "host"),
        ("http://0x7f000001/", "host"),
        ("http://0x7f.1/", "host"),
        ("http://0177.0.0.1/", "host"),
        ("http://127.1/", "host"),
        ("http://127.0.0.1./", "address"),
        ("http://１２７.0.0.1/", "host"),
        ("http://[::1%25lo]/", "address"),
        ("http://[v1.fe80::a]/", "host"),
        ("http://mei:secret@harbour.example/", "host"),
        ("http://harbour.example\\@127.0.0.1/", "host"),
        ("http://harbour.example/\r\nX: 1", "host"),
        ("http:///x", "host"),
        ("http://harbour.example:22/", "port"),
        ("http://harbour.example:0/", "port"),
        ("https://harbour.example:6379/", "port"),
        ("ftp://harbour.example/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://harbour.example/", "scheme"),
        ("//harbour.example/", "scheme"),
        ("http://unknown.example/", "name"),
    ],
)
def test_no_form_of_an_address_leads_inward(server, url, code):
    terms = server.terms({"harbour.example": ["127.0.0.1"]}, allowed=frozenset())

    assert refusal(url, terms) == code
    assert server.asked == []


def test_in_earnest_this_machine_is_never_let_through(server):
    assert PUBLIC.allowed == frozenset() and dict(PUBLIC.doors) == {80: 80, 443: 443}
    assert refusal(f"http://127.0.0.1:{server.port}/", PUBLIC) == "port"
    assert refusal("http://localhost/", PUBLIC) == "address"


def test_a_name_that_changes_its_answer_is_asked_once_and_its_judged_address_taken(server):
    """Rebinding: a second asking would get the metadata address."""
    server.paths["/"] = page("<p>Hello</p>")
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    terms = server.terms(resolve=lambda name, port: next(answers))

    assert fetch(HERE, terms).body == b"<p>Hello</p>"
    assert server.hosts == ["harbour.example"]
    assert refusal(HERE, terms) == "address"
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("http://169.254.169.254/latest/", "address"),
        ("http://inner.example/", "address"),
        ("http://[::ffff:a9fe:a9fe]/", "address"),
        ("//inner.example/", "address"),
        ("http://2130706433/", "host"),
        ("http://harbour.example:6379/", "port"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://harbour.example/", "scheme"),
    ],
)
def test_each_redirect_is_judged_anew(server, to, code):
    server.paths["/"] = moved(to)
    names = {"harbour.example": ["127.0.0.1"], "inner.example": ["10.0.0.7"]}

    assert refusal(HERE, server.terms(names)) == code
    assert server.asked == ["/"]


def test_three_redirects_are_followed_and_no_more(server):
    for n in range(5):
        server.paths[f"/{n}"] = moved(f"/{n + 1}")
    server.paths["/3"] = page("there")

    found = fetch(f"{HERE}0", server.terms())
    assert (found.body, found.url) == (b"there", f"{HERE}3")
    server.paths["/3"] = moved("/4")
    assert refusal(f"{HERE}0", server.terms()) == "redirects"
    server.paths["/loop"] = moved("/loop")
    assert refusal(f"{HERE}loop", server.terms()) == "redirects"


def test_no_proxy_of_the_environment_is_asked(server, monkeypatch):
    with stranger() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        server.paths["/"] = page("straight")

        assert fetch(HERE, server.terms()).body == b"straight"
        assert proxy.asked == []


# ── How much, how long ──


def endless(line: socket.socket, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n") -> None:
    line.sendall(head)
    while True:
        line.sendall(b"x" * 65536)


def drip(head: bytes):
    """A byte a while, each well within any patience of a single wait."""

    def speak(line: socket.socket) -> None:
        line.sendall(head)
        while True:
            line.sendall(b"y")
            time.sleep(0.05)

    return speak


def test_an_endless_body_is_left(server):
    server.paths["/"] = endless
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.paths["/chunks"] = lambda line: endless(line, chunked + b"7fffffff\r\n")
    server.paths["/lies"] = page(b"x" * 300_000, "Content-Length: 3")
    terms = server.terms(most_bytes=200_000)

    assert refusal(HERE, terms) == "too_large"
    assert refusal(f"{HERE}chunks", terms) == "too_large"
    assert refusal(f"{HERE}lies", terms) in ("too_large", "protocol")


def test_a_bomb_stays_folded(server):
    bomb = gzip.compress(b"0" * 50_000_000)
    assert len(bomb) < 60_000
    server.paths["/"] = page(bomb, "Content-Encoding: gzip")
    server.paths["/again"] = page(gzip.compress(bomb), "Content-Encoding: gzip, gzip")
    server.paths["/fair"] = page(gzip.compress(b"fair" * 100), "Content-Encoding: gzip")
    server.paths["/torn"] = page(gzip.compress(b"fair" * 100)[:-9], "Content-Encoding: gzip")
    server.paths["/false"] = page(b"no gzip at all", "Content-Encoding: gzip")
    # Blocks of nothing: much comes, nothing comes of it.
    empty = zlib.compressobj(wbits=31)
    hollow = empty.compress(b"") + b"".join(
        empty.flush(zlib.Z_FULL_FLUSH) or b"\0\0\0\xff\xff" for _ in range(9)
    )
    server.paths["/hollow"] = page(hollow + b"\0\0\0\xff\xff" * 100_000, "Content-Encoding: gzip")
    terms = server.terms(most_bytes=200_000, most_unpacked=1_000_000)

    assert refusal(HERE, terms) == "too_large"
    assert refusal(f"{HERE}again", terms) == "encoding"
    assert fetch(f"{HERE}fair", terms).body == b"fair" * 100
    assert refusal(f"{HERE}torn", terms) == "protocol"
    assert refusal(f"{HERE}false", terms) == "protocol"
    assert refusal(f"{HERE}hollow", terms) == "too_large"


def test_a_drip_ends_when_the_time_is_over_wherever_it_drips(server):
    server.paths["/line"] = drip(b"HTTP/1.1 200 ")
    server.paths["/head"] = drip(b"HTTP/1.1 200 OK\r\nX: ")
    server.paths["/body"] = drip(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    server.paths["/long"] = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
    server.paths["/chunk"] = drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9999\r\n")
    server.paths["/silent"] = lambda line: time.sleep(3)
    server.paths["/moves"] = lambda line: (time.sleep(0.2), moved("/moves")(line))
    terms = replace(server.terms(), seconds=0.3)

    for path in ("line", "head", "body", "long", "chunk", "silent", "moves"):
        begun = time.monotonic()
        assert refusal(HERE + path, terms) == "slow", path
        assert time.monotonic() - begun < 1.5, path


def test_heads_that_never_end_are_refused(server):
    server.paths["/"] = lambda line: line.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000_000)
    server.paths["/many"] = lambda line: line.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 100_000)
    server.paths["/wait"] = lambda line: line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)
    server.paths["/noise"] = lambda line: line.sendall(b"\x16\x03\x01\x02\x00" * 100)
    server.paths["/none"] = lambda line: None

    for path in ("", "many", "wait", "noise", "none"):
        assert refusal(HERE + path, server.terms()) == "protocol", path


def test_only_the_wanted_kinds_are_read_and_no_body_of_an_error(server):
    server.paths["/"] = page("{}", kind="application/json")
    server.paths["/html"] = page("<p>", kind="Text/HTML; charset=gbk")
    server.paths["/gone"] = page("secret", status="410 Gone")
    terms = server.terms(kinds=("text/html",))

    assert refusal(HERE, terms) == "type"
    assert fetch(f"{HERE}html", terms)[1:4] == (200, "Text/HTML; charset=gbk", b"<p>")
    assert fetch(f"{HERE}gone", terms)[1:4] == (410, "text/html", b"")


def test_where_nobody_answers_the_next_address_is_tried(server):
    server.paths["/"] = page("here")
    both = frozenset({"127.0.0.1", "127.0.0.2"})
    terms = server.terms({"harbour.example": ["127.0.0.2", "127.0.0.1"]}, allowed=both)

    assert fetch(HERE, terms).body == b"here"
    assert refusal("https://harbour.example/", terms) == "connect"


# ── Certificates ──


def self_signed(folder, name: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    whose = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(whose)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "pair.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return str(path)


@pytest.mark.parametrize(
    ("trusted", "host", "code"),
    [(True, "harbour.example", ""), (True, "lotus.example", "tls"), (False, "harbour.example", "tls")],
)
def test_the_certificate_is_held_against_the_name_and_not_the_address(
    tmp_path, server, monkeypatch, trusted, host, code
):
    pair = self_signed(tmp_path, "harbour.example")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", pair)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    named: list[str] = []
    context.sni_callback = lambda line, name, _: named.append(name)
    door = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        line, _ = door.accept()
        try:
            with context.wrap_socket(line, server_side=True) as safe:
                safe.recv(4096)
                page("safe")(safe)
        except OSError:
            pass

    threading.Thread(target=answer, daemon=True).start()
    terms = server.terms(doors={80: server.port, 443: door.getsockname()[1]})
    url = f"https://{host}/"

    with door:
        if code:
            assert refusal(url, terms) == code
        else:
            seen = fetch(url, terms)
            left = seen.certificate_until - dt.datetime.now(dt.UTC)
            assert seen.body == b"safe" and dt.timedelta(hours=23) < left <= dt.timedelta(days=1)
    assert named == [host]
