"""HTTP/1.1 over asyncio: connections to one node, kept and used again.

It tells two kinds of failures apart, because they mean different things for a call that changes something: :class:`NotSent`, so nothing
can have arrived, and :class:`Broken`, so it may have. It never sends a request twice by itself and follows no redirect.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from dataclasses import dataclass
from typing import AsyncIterator
from urllib.parse import urlsplit

from .errors import Problem, make_problem

MAX_HEAD = 64 << 10
MAX_BODY = 256 << 20
MAX_LINE = 4 << 20
IDLE = 60.0  # seconds after which a kept connection is not used again


class NotSent(Exception):
    """No connection came about, so nothing was sent."""


class Broken(Exception):
    """The request was sent, or some of it, and no answer came."""


class Hopeless(Exception):
    """Calling this node again would not help: its certificate is not accepted, or ours is not. Nothing was sent."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True)
class Address:
    """Where a node is."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_address(text: str, private: bool) -> Address:
    """Parses host:port or a URL. A bare host:port is plain HTTP, unless it is beyond loopback and there is a secret to protect or a
    certificate to expect: a token leaves this machine in the clear only if somebody wrote http://."""
    text = text.strip()
    bare = "://" not in text
    shown = "...@" + text.rpartition("@")[2] if "@" in text else text  # what precedes it may be a password
    wrong = ValueError(f"address {shown!r}: want host:port or a URL such as https://host:port")
    try:
        u = urlsplit("http://" + text if bare else text)
        port = u.port
    except ValueError:
        raise wrong from None
    if u.scheme not in ("http", "https") or not u.hostname or u.username is not None or u.query or u.fragment or port == 0 or bare and port is None:
        raise wrong
    if "[" not in u.netloc and u.netloc.count(":") > 1:
        raise ValueError(f"address {shown!r}: an IPv6 address stands in brackets: [::1]:7600")
    scheme = "https" if bare and private and not loopback(u.hostname) else u.scheme
    return Address(scheme, u.hostname, port or {"http": 80, "https": 443}[scheme], u.path.rstrip("/"))


def loopback(host: str) -> bool:
    """Whether a host can only be this machine. Names below localhost may resolve to anything."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.used = reader, writer, time.monotonic()

    def usable(self) -> bool:
        return not self.reader.at_eof() and not self.writer.is_closing() and time.monotonic() - self.used < IDLE

    def close(self) -> None:
        try:
            self.writer.transport.abort()
        except Exception:  # it is gone already
            pass


class Stream:
    """An answer that lasts: its body comes line by line, unless its status is an error's. It has a connection of its own."""

    def __init__(self, address: Address, c: _Connection, response: Response, parts: AsyncIterator[bytes]) -> None:
        self.response = response
        self._address, self._c, self._parts = address, c, parts
        self._lines: list[bytes] = []
        self._rest = b""

    async def line(self) -> bytes | None:
        """The next line, without its end; None: the answer is over."""
        while not self._lines:
            try:
                part = await anext(self._parts, None)
            except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as e:
                raise Broken(f"{self._address}: {_text(e)}") from e
            if part is None:
                return None
            *self._lines, self._rest = (self._rest + part).split(b"\n")
            if len(self._rest) > MAX_LINE:
                raise Broken(f"{self._address}: a line of an answer has more than {MAX_LINE} bytes")
        return self._lines.pop(0).rstrip(b"\r")

    def close(self) -> None:
        self._c.close()


class Node:
    """The connections to one node."""

    def __init__(self, address: Address, tls: ssl.SSLContext | None, connect_timeout: float) -> None:
        self.address, self._tls, self._timeout = address, tls, connect_timeout
        self._idle: list[_Connection] = []

    async def request(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> Response:
        """Sends one request and reads its answer. Cancelling it closes the connection, so the node learns that nobody waits."""
        c = await self._connection()
        try:
            response, keep = await self._exchange(c, method, target, headers, body)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as e:
            c.close()
            problem = self._tls_alert(e)
            if problem:
                raise Hopeless(problem) from e
            raise Broken(f"{self.address}: {_text(e)}") from e
        except BaseException:
            c.close()
            raise
        if keep:
            c.used = time.monotonic()
            self._idle.append(c)
        else:
            c.close()
        return response

    async def stream(self, target: str, headers: dict[str, str]) -> Stream:
        """Asks for an answer that lasts. The caller closes it."""
        c = await self._connection()
        try:
            c.writer.write(self._request("GET", target, headers, None))
            await c.writer.drain()
            status, headers, _ = await self._head(c.reader)
            if status != 200:
                body, _ = await self._body(c.reader, status, headers)
                return Stream(self.address, c, Response(status, headers, body), _none())
            chunked = "chunked" in headers.get("transfer-encoding", "").lower()
            left = int(headers["content-length"]) if "content-length" in headers else None
            return Stream(self.address, c, Response(status, headers, b""), self._chunks(c.reader) if chunked else _rest(c.reader, left))
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as e:
            c.close()
            problem = self._tls_alert(e)
            if problem:
                raise Hopeless(problem) from e
            raise Broken(f"{self.address}: {_text(e)}") from e
        except BaseException:
            c.close()
            raise

    def close(self) -> None:
        for c in self._idle:
            c.close()
        self._idle.clear()

    async def _connection(self) -> _Connection:
        while self._idle:
            c = self._idle.pop()
            if c.usable():
                return c
            c.close()
        tls = self._tls if self.address.scheme == "https" else None
        opening = asyncio.open_connection(self.address.host, self.address.port, ssl=tls, limit=MAX_HEAD)
        try:
            reader, writer = await asyncio.wait_for(opening, self._timeout)
        except ssl.SSLError as e:
            raise Hopeless(self._distrusted(e)) from e
        except (OSError, asyncio.TimeoutError) as e:
            raise NotSent(f"{self.address}: {_text(e) or 'no connection in time'}") from e
        return _Connection(reader, writer)

    def _request(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> bytes:
        lines = [f"{method} {self.address.path}{target} HTTP/1.1", f"Host: {self.address.authority}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body is not None or method not in ("GET", "DELETE"):
            lines.append(f"Content-Length: {len(body or b'')}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")

    async def _exchange(self, c: _Connection, method: str, target: str, headers: dict[str, str], body: bytes | None) -> tuple[Response, bool]:
        c.writer.write(self._request(method, target, headers, body))
        reading = asyncio.ensure_future(self._read(c.reader))
        try:
            # A node may answer before it has read everything, and close: then only the answer counts.
            try:
                await c.writer.drain()
            except OSError:
                if not reading.done():
                    await asyncio.wait([reading], timeout=1)
                if not reading.done() or reading.exception() is not None:
                    raise
            return await reading
        finally:
            reading.cancel()

    async def _read(self, r: asyncio.StreamReader) -> tuple[Response, bool]:
        status, headers, keep = await self._head(r)
        body, ends = await self._body(r, status, headers)
        return Response(status, headers, body), keep and ends

    async def _head(self, r: asyncio.StreamReader) -> tuple[int, dict[str, str], bool]:
        while True:
            head = (await r.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            version, _, rest = head[0].partition(" ")
            if version not in ("HTTP/1.1", "HTTP/1.0"):
                raise ValueError(f"no HTTP answer, but {head[0][:60]!r}")
            status = int(rest.split(" ")[0])
            if status >= 200:
                break
        headers: dict[str, str] = {}
        for line in head[1:-2]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return status, headers, version == "HTTP/1.1" and "close" not in headers.get("connection", "").lower()

    async def _body(self, r: asyncio.StreamReader, status: int, headers: dict[str, str]) -> tuple[bytes, bool]:
        """A body, and whether it has an end of its own. Without one the connection's is that."""
        if status in (204, 304):
            return b"", True
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = bytearray()
            async for part in self._chunks(r):
                body += part
                if len(body) > MAX_BODY:
                    raise ValueError("the answer is too long")
            return bytes(body), True
        if "content-length" in headers:
            length = int(headers["content-length"])
            if length > MAX_BODY:
                raise ValueError(f"the answer has {length} bytes")
            return await r.readexactly(length), True
        return await r.read(MAX_BODY), False

    async def _chunks(self, r: asyncio.StreamReader) -> AsyncIterator[bytes]:
        while True:
            size = int((await r.readuntil(b"\r\n")).split(b";")[0], 16)
            if size > MAX_BODY:
                raise ValueError("the answer is too long")
            if size == 0:
                while await r.readuntil(b"\r\n") != b"\r\n":
                    pass
                return
            yield await r.readexactly(size)
            await r.readexactly(2)

    def _tls_alert(self, e: BaseException) -> Problem | None:
        """TLS 1.3: a node that does not take our certificate says so after the handshake, with the first bytes that are read."""
        if isinstance(e, ssl.SSLError) and "ALERT" in (e.reason or ""):
            return self._distrusted(e)
        return None

    def _distrusted(self, e: ssl.SSLError) -> Problem:
        a = self.address
        if isinstance(e, ssl.SSLCertVerificationError):
            return misdirected(
                f"the certificate of {a.authority} is not accepted: {e.verify_message}",
                "If the cluster has an authority of its own, name its certificate by ca_file. If the name or the time is wrong, call the node by a name in its certificate, or renew it.",
            )
        if (e.reason or "") in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
            return misdirected(f"{a.authority} speaks plain HTTP, and was called with HTTPS", f"If everybody on the way may read the token and what is sent, write http://{a.authority}.")
        return misdirected(f"{a.authority} ended the TLS handshake: {e.reason or e}", "The node's log says why: it may take only callers with a certificate of its own authority.")


async def _rest(r: asyncio.StreamReader, left: int | None) -> AsyncIterator[bytes]:
    """So many bytes, or all until the connection ends."""
    while left != 0 and (part := await r.read(min(1 << 16, left or 1 << 16))):
        left = None if left is None else left - len(part)
        yield part


async def _none() -> AsyncIterator[bytes]:
    for part in ():
        yield part


def misdirected(detail: str, hint: str) -> Problem:
    return make_problem("misdirected", detail, status=421, outcome="rejected", hint=hint)


def misdirected_answer(address: Address, r: Response) -> Problem | None:
    """Recognizes answers of servers that the address should not lead to. Nothing was done, and repeating the call does not help."""
    problem = r.headers.get("content-type", "").split(";")[0] == "application/problem+json"
    if r.status == 400 and address.scheme == "http" and (b"HTTP request to an HTTPS server" in r.body or b"HTTP request was sent to HTTPS port" in r.body):
        return misdirected(f"{address.authority} speaks HTTPS, and was called with plain HTTP", f"Write https://{address.authority}; with a certificate that this machine does not know also ca_file.")
    if 300 <= r.status < 400:
        return misdirected(f"{address} redirects to {r.headers.get('location', 'elsewhere')}, and no redirect is followed: it could take the token along", "Name the address that it redirects to, if you trust it.")
    if r.status == 404 and not problem:
        return misdirected(f"the server at {address} is not a node: it answered status 404 without a problem document", "A node listens on http.address, 127.0.0.1:7600 unless told otherwise.")
    return None


def _text(e: BaseException) -> str:
    if isinstance(e, asyncio.IncompleteReadError):
        return "the connection was closed before the answer"
    return str(e) or type(e).__name__
