"""How a call is sent: to one node after the other, under one request id, until there is an answer or a refusal.

Every change carries a request id; if the caller gave none, one is made, marked short-lived. So repeating a call after a broken
connection, a lost leader or an unknown outcome has at most one effect. A refused call is never repeated.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import ssl
import uuid
from dataclasses import dataclass, field, replace
from typing import Any, Sequence
from urllib.parse import quote, urlencode

from . import _http
from ._http import Broken, Hopeless, Node, NotSent, Response
from ._values import ABSENT, encode
from .errors import OutcomeUnknown, Problem, TryAgain, make_problem, parse_problem

DEFAULT_ADDRESS = "127.0.0.1:7600"
MAX_WAIT = 60.0  # the longest wait that a node grants; whoever waits longer asks again
ATTEMPT = 45.0  # seconds that an attempt may be silent beyond its wait; a node itself waits up to 5 for a leader
SLOW_ATTEMPT = 360.0  # the same for a deploy, which compiles the archive and copies it to a majority
QUIET_FIRST, QUIET_NEXT = 2.0, 12.0  # when a silent node is asked whether it is alive
ALIVE_WITHIN = 3.0
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 2.0


@dataclass(frozen=True)
class Config:
    """Where the cluster is and who calls."""

    addresses: Sequence[str] = (DEFAULT_ADDRESS,)
    token: str | None = field(default=None, repr=False)
    namespace: str | None = None
    ca_file: str | os.PathLike[str] | None = None
    cert_file: str | os.PathLike[str] | None = None
    key_file: str | os.PathLike[str] | None = None
    actor: str | None = None
    patience: float = 30.0
    connect_timeout: float = 5.0


def config_from_env() -> dict[str, Any]:
    """What the command line reads from the environment."""
    env = os.environ
    found: dict[str, Any] = {}
    if env.get("AION_ADDR"):
        found["addresses"] = [a for a in env["AION_ADDR"].split(",") if a]
    for name, variable in (("token", "AION_TOKEN"), ("namespace", "AION_NAMESPACE"), ("ca_file", "AION_CA_FILE"), ("cert_file", "AION_CLIENT_CERT"), ("key_file", "AION_CLIENT_KEY")):
        if env.get(variable):
            found[name] = env[variable]
    return found


@dataclass
class Call:
    """One operation, with everything needed to send it several times."""

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | None = None
    media: str | None = None
    mutation: bool = False
    request_id: str | None = None
    generated: bool = False  # this side made the request id up: nodes keep it for a quarter of an hour only
    wait: float = 0.0  # that the node was asked for
    slow: bool = False
    attempt: float | None = None  # seconds of silence before another node is tried
    total: float | None = None  # seconds that the call is repeated after its first failure

    def target(self) -> str:
        return self.path + ("?" + urlencode(self.query) if self.query else "")


def get(*path: str) -> Call:
    return Call("GET", _join(path))


def change(method: str, *path: str, body: Any = ABSENT, request_id: str | None = None) -> Call:
    c = Call(method, _join(path), mutation=True, request_id=request_id)
    if body is not ABSENT:
        set_body(c, body)
    return c


def set_body(c: Call, body: Any) -> None:
    try:
        c.body, c.media = encode(body), "application/json"
    except (ValueError, TypeError) as e:
        raise _invalid(f"not a JSON value: {e}") from e


def _join(segments: Sequence[str]) -> str:
    for s in segments:
        if s in ("", ".", ".."):
            raise _invalid(f"the name {s!r} cannot be part of a path")
    return "".join("/" + quote(s, safe="") for s in segments)


def _invalid(detail: str) -> Problem:
    return make_problem("invalid_input", detail, status=400, outcome="rejected")


def new_request_id() -> str:
    """A unique request id."""
    return uuid.uuid4().hex


class Core:
    """Sends calls. It belongs to one event loop."""

    def __init__(self, config: Config) -> None:
        if isinstance(config.addresses, str):
            config = replace(config, addresses=config.addresses.split(","))
        for what, value in (("token", config.token), ("namespace", config.namespace), ("actor", config.actor)):
            if value and re.search(r"[^\x20-\x7e]" if what == "actor" else r"[^\x21-\x7e]", value):
                raise ValueError(f"the {what} has a character that is not visible ASCII, such as a line break at its end")
        self.config = config
        private = bool(config.token or config.ca_file or config.cert_file)
        addresses = [_http.parse_address(a, private) for a in config.addresses or (DEFAULT_ADDRESS,)]
        tls = None
        if any(a.scheme == "https" for a in addresses):
            tls = ssl.create_default_context(cafile=os.fspath(config.ca_file) if config.ca_file else None)
            tls.minimum_version = ssl.TLSVersion.TLSv1_2
            if config.cert_file:
                tls.load_cert_chain(os.fspath(config.cert_file), os.fspath(config.key_file) if config.key_file else None)
        self.nodes = [Node(a, tls, config.connect_timeout) for a in addresses]
        self._last = 0  # the node that answered last

    def close(self) -> None:
        for n in self.nodes:
            n.close()

    def forget(self) -> list[object]:
        """Gives away its connections without closing them: they are another process's. The caller keeps them, because whoever drops one
        takes it from the selector, which the processes share."""
        kept: list[object] = []
        for n in self.nodes:
            kept += n._idle
            n._idle = []
        return kept

    async def json(self, call: Call) -> dict[str, Any]:
        """Sends the call until there is an answer, and decodes that."""
        r = await self.send(call)
        try:
            answer = json.loads(r.body)
        except ValueError as e:
            raise make_problem("internal", f"the answer to {call.method} {call.path} cannot be read: {e}", status=500, outcome="unknown") from e
        if not isinstance(answer, dict):
            raise make_problem("internal", f"the answer to {call.method} {call.path} is no object", status=500, outcome="unknown")
        return answer

    async def send(self, call: Call) -> Response:
        """Sends the call to one node after the other, until there is an answer, a refusal, or no patience left."""
        if call.mutation and call.request_id is None:
            call.request_id, call.generated = new_request_id(), True
        if call.request_id is not None and not re.fullmatch(r"[\x20-\x7e]{1,200}", call.request_id):
            raise _invalid("the request id has to be 1 to 200 printable ASCII characters")
        loop = asyncio.get_running_loop()
        at, until = self._last, 0.0
        maybe = False  # an attempt of a change may have taken effect
        said: Problem | None = None  # the last answer of a node, at attempt said_at
        said_at = hopeless = n = 0
        while True:
            n += 1
            node = self.nodes[at % len(self.nodes)]
            trouble: Exception
            try:
                r = await self._attempt(node, call)
                self._last = at % len(self.nodes)
                return r
            except Hopeless as e:
                hopeless += 1
                trouble = e
                if hopeless == len(self.nodes):
                    raise (self._unknown(call, e) if maybe else e.problem) from e
            except Problem as e:
                hopeless = 0
                trouble = said = e
                said_at = n
                if not isinstance(e, TryAgain) and e.code != "outcome_unknown":
                    if maybe and _says_nothing_earlier(e):
                        raise self._unknown(call, e) from e
                    raise
                maybe = maybe or call.mutation and isinstance(e, OutcomeUnknown)
            except (NotSent, Broken) as e:
                hopeless = 0
                trouble = e
                maybe = maybe or call.mutation and isinstance(e, Broken)
            if until == 0.0:
                until = loop.time() + (self.config.patience if call.total is None else call.total)
            at += 1  # another node may know better
            if n % len(self.nodes) == 0 and not await _pause(n // len(self.nodes), until):
                if said is not None and n - said_at < len(self.nodes):
                    trouble = said  # that no node leads explains more than that other nodes are down
                raise (self._unknown(call, trouble) if maybe else trouble if isinstance(trouble, Problem) else self._nobody(trouble)) from trouble

    async def _attempt(self, node: Node, call: Call) -> Response:
        """Sends the call to one node."""
        silence = (SLOW_ATTEMPT if call.slow else call.attempt or ATTEMPT) + call.wait
        sending = len(call.body or b"") * 4e-6  # at least 250 kB/s
        if call.slow and not await self._alive(node):  # it may take minutes, so the node first shows that it answers at all
            raise NotSent(f"{node.address} answers nothing within {ALIVE_WITHIN:g} s")
        asking = asyncio.ensure_future(node.request(call.method, call.target(), self._headers(call), call.body))
        tasks: list[asyncio.Future[Any]] = [asking]
        if len(self.nodes) > 1:
            tasks.append(asyncio.ensure_future(self._pulse(node, sending)))
        try:
            done, _ = await asyncio.wait(tasks, timeout=silence + sending, return_when=asyncio.FIRST_COMPLETED)
            if asking not in done:
                raise Broken(f"{node.address} answers nothing" + ("" if done else f" within {silence:g} s"))
            r = asking.result()
        finally:
            for task in tasks:
                if not task.done():
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        problem = _http.misdirected_answer(node.address, r)
        if problem:
            raise problem
        if r.status >= 300:
            raise parse_problem(r.status, r.body)
        return r

    def _headers(self, call: Call) -> dict[str, str]:
        headers = {"User-Agent": "aion-python"}
        if call.media:
            headers["Content-Type"] = call.media
        if self.config.token:
            headers["Authorization"] = f"Bearer {self.config.token}"
        if self.config.namespace:
            headers["Aion-Namespace"] = self.config.namespace
        if self.config.actor:
            headers["Aion-Actor"] = self.config.actor
        if call.request_id is not None:
            headers["Idempotency-Key"] = call.request_id
            if call.generated:
                headers["Aion-Request-Generated"] = "true"
        return headers

    async def _pulse(self, node: Node, sending: float) -> None:
        """Returns once the node accepts connections and answers nothing, not even whether it is alive: it, or its machine, is frozen."""
        await asyncio.sleep(QUIET_FIRST + sending)
        while await self._alive(node):
            await asyncio.sleep(QUIET_NEXT)

    async def _alive(self, node: Node) -> bool:
        other = Node(node.address, node._tls, ALIVE_WITHIN)
        try:
            await asyncio.wait_for(other.request("GET", "/health/live", {}, None), ALIVE_WITHIN)
        except asyncio.TimeoutError:
            return False
        except Exception:  # any other problem of the node shows in the call itself
            return True
        finally:
            other.close()
        return True

    def _unknown(self, call: Call, last: Exception) -> Problem:
        if isinstance(last, Problem) and last.code == "outcome_unknown":
            return make_problem(last.code, last.detail, status=last.status, outcome="unknown", title=last.title, hint=last.hint, facts={**last.facts, "request_id": call.request_id})
        return make_problem("outcome_unknown", f"an answer was lost, and no later attempt learned the outcome: {last}", status=503, outcome="unknown", facts={"request_id": call.request_id})

    def _nobody(self, last: Exception) -> Problem:
        asked = ", ".join(str(n.address) for n in self.nodes)
        hint = "Is a node running there? `aion-node serve` starts one on this machine." if isinstance(last, NotSent) else ""
        return make_problem("unavailable", f"no node answered (asked {asked}): {last}", status=503, outcome="retry", hint=hint)


def _says_nothing_earlier(p: Problem) -> bool:
    """Whether a refusal says nothing about an earlier attempt, because the gate of another node gave it and not the state."""
    if p.code in ("unauthenticated", "permission_denied", "misdirected", "method_not_allowed"):
        return True
    return p.code == "not_found" and "path" in p.facts


async def _pause(round: int, until: float) -> bool:
    """Waits before the next round over the nodes, with jitter. Reports whether there should be one; the last is at the very end."""
    longest = min(FIRST_PAUSE * 2 ** min(round - 1, 16), LONGEST_PAUSE)
    left = until - asyncio.get_running_loop().time()
    d = min(longest / 2 + random.random() * longest / 2, left)
    if d <= 0:
        return False
    await asyncio.sleep(d)
    return True

