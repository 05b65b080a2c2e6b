"""The stream of a cluster's events: one connection after the other, each of which goes on where the one before has ended."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import Any, AsyncIterator, Awaitable, Sequence, TypeVar

from . import _core, _http
from ._core import Call, Core
from .errors import Problem, TryAgain, make_problem, parse_problem
from .types import StreamEvent

T = TypeVar("T")


async def events(core: Core, names: Sequence[str], after: int | None) -> AsyncIterator[StreamEvent]:
    loop = asyncio.get_running_loop()
    at, failed, hopeless, until = core._last, 0, 0, 0.0
    while True:
        node = core.nodes[at % len(core.nodes)]
        trouble: Exception = _http.Broken(f"{node.address}: the event stream ended")
        try:
            async with aclosing(_frames(core, node, names, after)) as frames:
                async for e in frames:
                    failed = hopeless = 0
                    if e is None:
                        continue
                    if e.id:
                        after = e.id
                    if e.name:
                        yield e
        except _http.Hopeless as e:
            hopeless += 1
            trouble = e.problem
            if hopeless == len(core.nodes):
                raise e.problem from e
        except Problem as e:
            hopeless = 0
            trouble = e
            if not isinstance(e, TryAgain) and e.code != "outcome_unknown":
                raise
        except (_http.NotSent, _http.Broken) as e:
            hopeless = 0
            trouble = e
        failed += 1
        if failed == 1:
            until = loop.time() + core.config.patience
        at += 1
        if not await _core._pause(failed, until):
            raise (trouble if isinstance(trouble, Problem) else core._nobody(trouble)) from trouble


async def _frames(core: Core, node: _http.Node, names: Sequence[str], after: int | None) -> AsyncIterator[StreamEvent | None]:
    """What comes over one connection; None for a sign of life. A frame without a name only says how far the stream is."""
    call = Call("GET", "/v1/events")
    if after is not None:
        call.query.append(("after", str(after)))
    if names:
        call.query.append(("names", ",".join(names)))
    stream = await _patiently(core, node, node.stream(call.target(), {**core._headers(call), "Accept": "text/event-stream"}))
    try:
        if stream.response.status != 200:
            problem = _http.misdirected_answer(node.address, stream.response)
            raise problem or parse_problem(stream.response.status, stream.response.body)
        fields: dict[str, str] = {}
        while True:
            line = await _patiently(core, node, stream.line())
            if line is None:
                return
            if line:
                name, _, value = line.decode("utf-8", "replace").partition(":")
                fields[name] = value.removeprefix(" ")
                yield None
            elif fields:
                yield _event(fields)
                fields = {}
    finally:
        stream.close()


def _event(fields: dict[str, str]) -> StreamEvent | None:
    id = int(fields["id"]) if fields.get("id", "").isdecimal() else 0
    if "data" not in fields:
        return StreamEvent(id, "", {}) if id else None
    try:
        data: Any = json.loads(fields["data"])
    except ValueError as e:
        raise make_problem("internal", f"an event cannot be read: {e}", status=500, outcome="unknown") from e
    return StreamEvent(id, fields.get("event", ""), data)


async def _patiently(core: Core, node: _http.Node, work: Awaitable[T]) -> T:
    """Waits for as long as the node shows that it is alive. A live one says something at least every 10 s."""
    clock = asyncio.get_running_loop().time
    task = asyncio.ensure_future(work)
    over = clock() + _core.ATTEMPT
    quiet = _core.QUIET_FIRST if len(core.nodes) > 1 else _core.ATTEMPT
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=min(quiet, over - clock()))
            if done:
                return task.result()
            if clock() >= over:
                raise _http.Broken(f"{node.address} says nothing within {_core.ATTEMPT:g} s")
            if not await core._alive(node):
                raise _http.Broken(f"{node.address} answers nothing, not even whether it is alive")
            quiet = _core.QUIET_NEXT
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
