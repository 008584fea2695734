"""The one way by which the portal asks a stranger's server for something; it cannot be turned inward.

Every address of a name is judged, after what may be wrapped in it was unwrapped, and the connection goes to the judged
address itself: a name that changes its answer between the two gains nothing. Each redirect is judged anew. Time and
bytes are capped, received ones and unpacked ones. Proxies of the environment are never asked.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urljoin

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import Url, parse_url
from urllib3.util.ssl_match_hostname import CertificateError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
PIECE = 16 * 1024
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
# What Python's own lists leave out in one version or another: special addresses, and those by which a cloud speaks to
# its machines.
INWARD = [
    ipaddress.ip_network(one)
    for one in (
        *("192.0.0.0/24", "192.88.99.0/24", "100.64.0.0/10", "198.18.0.0/15", "168.63.129.16/32"),
        *("64:ff9b:1::/48", "2001::/23", "5f00::/16", "fec0::/10", "fc00::/7"),
    )
]
REDIRECTS = {301, 302, 303, 307, 308}
# A last label of digits is a number in disguise to some resolvers: 2130706433, 0x7f.1 and 0177.0.0.1 are this machine.
NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)")
WHITE = re.compile(r"[\x00-\x20\x7f\\]")


class NotFetched(Exception):
    """Nothing was fetched; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def resolve(name: str, port: int) -> list[str]:
    """All addresses of a name. How long it may take is the system's resolver's to say."""
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass(frozen=True)
class Terms:
    """How far a fetch may go. Tests name a door and an address of this machine; nothing else ever does."""

    connect_seconds: float = 5
    seconds: float = 20  # all redirects together
    most_bytes: int = 2 * 1024 * 1024
    most_unpacked: int = 4 * 1024 * 1024
    redirects: int = 3
    kinds: tuple[str, ...] = ()  # of content; empty takes any
    schemes: tuple[str, ...] = tuple(PORTS)
    resolve: Callable[[str, int], list[str]] = resolve
    allowed: frozenset[str] = frozenset()
    doors: Mapping[int, int] = field(default_factory=lambda: {80: 80, 443: 443})


PUBLIC = Terms()


class Fetched(NamedTuple):
    """What the last server in the row answered; the body of an error is not read."""

    url: str
    status: int
    content_type: str
    body: bytes
    certificate_until: datetime | None = None  # of the host that was asked first, where that was by https


@dataclass(frozen=True)
class Asked:
    """What is asked of a server; the body of its answer is read only where it was asked for a page."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=lambda: {"User-Agent": "icp-portal (+filing watch)"})
    body: bytes | None = None


def fetch(url: str, terms: Terms = PUBLIC) -> Fetched:
    """What stands at this address, or `NotFetched`."""
    until = time.monotonic() + terms.seconds
    certificate = None
    for turn in range(terms.redirects + 1):
        target = _judged_url(url, terms)
        answer, seen = _ask(target, _judged_addresses(target, terms), until, terms, Asked())
        certificate = certificate if turn else seen
        if isinstance(answer, Fetched):
            return answer._replace(certificate_until=certificate)
        url = urljoin(target.url, answer)
    raise NotFetched("redirects")


def post(url: str, body: bytes, headers: Mapping[str, str], terms: Terms = PUBLIC) -> int:
    """Hand this over; the status of the answer, whose body nobody reads, or `NotFetched`.

    A redirect is followed nowhere: whoever moved says so in the settings.
    """
    target = _judged_url(url, terms)
    until = time.monotonic() + terms.seconds
    answer, _seen = _ask(target, _judged_addresses(target, terms), until, terms, Asked("POST", headers, body))
    if not isinstance(answer, Fetched):
        raise NotFetched("redirects")
    return answer.status


def judge(url: str, terms: Terms = PUBLIC) -> None:
    """`NotFetched` for what could never be asked. Where a name leads is judged at each asking, for it may change."""
    name = host_of(_judged_url(url, terms))
    address = _named_address(name)
    if address is not None and not (is_public(address) or name in terms.allowed):
        raise NotFetched("address")


# ── Where to ──


def _judged_url(url: str, terms: Terms) -> Url:
    """http and https, by a host's name or plain number, at the port that belongs to it; nobody's password in it."""
    if WHITE.search(url):
        raise NotFetched("host")
    try:
        target = parse_url(url)
    except urllib3.exceptions.LocationParseError:
        raise NotFetched("host") from None
    if target.scheme not in PORTS or target.scheme not in terms.schemes:
        raise NotFetched("scheme")
    if target.auth is not None or not target.host:
        raise NotFetched("host")
    if target.port not in (None, *PORTS.values()):
        raise NotFetched("port")
    return target


def _judged_addresses(target: Url, terms: Terms) -> list[str]:
    """Where its name leads to. One that leads inward among many is no mistake: the whole name is refused."""
    name = host_of(target)
    if _named_address(name) is not None:
        found = [name]
    else:
        try:
            found = terms.resolve(name, port_of(target))
        except (OSError, UnicodeError):
            raise NotFetched("name") from None
    if not found:
        raise NotFetched("name")
    for one in found:
        address = _literal(one)
        if address is None or not (is_public(address) or one in terms.allowed):
            raise NotFetched("address")
    # The old way first: many a machine has a new address and no road for it.
    return sorted(found, key=lambda one: ":" in one)


def _named_address(name: str) -> Address | None:
    """The address that a host is written as; None for a name. What only looks like a number is neither."""
    address = _literal(name)
    if address is None and (NUMBER.fullmatch(name.rpartition(".")[2]) or ":" in name):
        raise NotFetched("host")
    return address


def host_of(target: Url) -> str:
    return (target.host or "").strip("[]").rstrip(".")


def port_of(target: Url) -> int:
    return target.port or PORTS[target.scheme or ""]


def _literal(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """An address of the open internet, whatever it is wrapped in."""
    return all(_is_open(one) for one in _unwrapped(address))


def _unwrapped(address: Address) -> Iterable[Address]:
    """The addresses that a packet to this one may end at."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in NAT64 or address in IPV4_COMPATIBLE:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    if address.teredo is not None:
        return [address, *address.teredo]
    return [address]


def _is_open(address: Address) -> bool:
    odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not odd and not any(address in one for one in INWARD)


# ── Asking ──


def _ask(
    target: Url, addresses: list[str], until: float, terms: Terms, asked: Asked
) -> tuple[Fetched | str, datetime | None]:
    """The answer, or where it leads on to; and until when the certificate that was shown is valid."""
    for address in addresses[:3]:
        connection = _connection(target, address, until, terms)
        try:
            connection.connect()
        except (urllib3.exceptions.SSLError, ssl.SSLError, CertificateError):
            connection.close()
            raise NotFetched("tls") from None
        except (urllib3.exceptions.HTTPError, OSError):
            connection.close()
            continue
        seen = _certificate_until(connection.sock)
        try:
            return _answer(connection, target, until, terms, asked), seen
        finally:
            connection.close()
    raise NotFetched("connect")


def _certificate_until(line: Any) -> datetime | None:
    """Of a line that was proven to its end; nothing is said of any other."""
    told = line.getpeercert() if isinstance(line, ssl.SSLSocket) else None
    ends = told.get("notAfter") if told else None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None


def _connection(target: Url, address: str, until: float, terms: Terms) -> HTTPConnection:
    """To the judged address itself; name and certificate stay those of the host."""
    port = terms.doors[port_of(target)]
    patience = min(terms.connect_seconds, _left(until))
    if target.scheme == "http":
        return HTTPConnection(address, port, timeout=patience)
    name = host_of(target)
    return HTTPSConnection(
        address,
        port,
        timeout=patience,
        cert_reqs="CERT_REQUIRED",
        server_hostname=name,
        assert_hostname=name,
    )


def _answer(
    connection: HTTPConnection, target: Url, until: float, terms: Terms, asked: Asked
) -> Fetched | str:
    headers = {
        "Host": target.netloc or "",
        "Accept": "text/html,*/*;q=0.5",
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **asked.headers,
    }
    with _hung_up(connection.sock, until):
        try:
            connection.timeout = _left(until)
            connection.request(
                asked.method, target.request_uri, body=asked.body, headers=headers, preload_content=False
            )
            response = connection.getresponse()
            if _is_over(until):  # a line that was cut looks like the end of the head, too
                raise NotFetched("slow")
            if response.status in REDIRECTS and response.headers.get("Location"):
                return response.headers["Location"]
            kind = response.headers.get("Content-Type", "")
            if response.status != 200 or asked.method != "GET":
                return Fetched(target.url, response.status, kind, b"")
            if terms.kinds and kind.partition(";")[0].strip().lower() not in terms.kinds:
                raise NotFetched("type")
            body = b"".join(_unpacked(_received(response, terms), response, terms))
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, zlib.error, ValueError):
            raise NotFetched("slow" if _is_over(until) else "protocol") from None
    if _is_over(until):  # a line that was cut looks like the end of a body that says no length
        raise NotFetched("slow")
    return Fetched(target.url, response.status, kind, body)


def _received(response: Any, terms: Terms) -> Iterator[bytes]:
    """As it comes over the line, up to what may come."""
    count = 0
    for piece in response.stream(PIECE, decode_content=False):
        count += len(piece)
        if count > terms.most_bytes:
            raise NotFetched("too_large")
        yield piece


def _unpacked(pieces: Iterator[bytes], response: Any, terms: Terms) -> Iterator[bytes]:
    """Opened piece by piece, never more at once than may come of it: a bomb stays folded."""
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing in ("", "identity"):
        yield from pieces
        return
    if packing not in ("gzip", "x-gzip"):
        raise NotFetched("encoding")
    opener, count = zlib.decompressobj(16 + zlib.MAX_WBITS), 0
    for piece in pieces:
        opened = opener.decompress(piece, terms.most_unpacked - count + 1)
        count += len(opened)
        if count > terms.most_unpacked:
            raise NotFetched("too_large")
        yield opened
    if not opener.eof:
        raise NotFetched("protocol")


# ── Time ──


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise NotFetched("slow")
    return left


def _is_over(until: float) -> bool:
    return time.monotonic() >= until


@contextmanager
def _hung_up(line: socket.socket, until: float) -> Iterator[None]:
    """The line is cut at that moment, whatever waits on it: a drip of a byte a second never times out by itself."""
    watch = threading.Timer(_left(until), _hang_up, [line])
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _hang_up(line: socket.socket) -> None:
    try:
        socket.socket.shutdown(line, socket.SHUT_RDWR)
    except OSError:
        pass  # it has ended by itself
