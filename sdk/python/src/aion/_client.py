"""The client for asyncio. ``_sync.py`` is made from this file by ``scripts/sync_client.py``."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, AsyncIterator, Iterable, Mapping, Sequence

from . import _core, _stream, types
from ._core import MAX_WAIT, Call, Config, Core, change, get
from ._values import ABSENT, Duration, encode, go_duration, seconds
from .errors import make_problem
from .types import Event, Outcome, Retry, Run, Start, Started, StartReply, StreamEvent, Task, TaskReply, UpdateState

FOREVER = 365 * 86400.0


class AsyncClient:
    """Calls a cluster, from coroutines of one event loop.

    Addresses are host:port or URLs of any nodes: each call goes to the node that answered last, and to the others if that fails. A bare
    host:port is HTTPS if it is beyond loopback and there is a token or a ca_file, otherwise plain HTTP. ``patience`` is how many seconds a
    call is repeated after its first failure.

    Errors are :class:`aion.Problem`: ``Rejected``, ``TryAgain`` or ``OutcomeUnknown``.
    """

    def __init__(
        self,
        addresses: str | Sequence[str] = (_core.DEFAULT_ADDRESS,),
        *,
        token: str | None = None,
        namespace: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        cert_file: str | os.PathLike[str] | None = None,
        key_file: str | os.PathLike[str] | None = None,
        actor: str | None = None,
        patience: float = 30.0,
        connect_timeout: float = 5.0,
    ) -> None:
        if isinstance(addresses, str):
            addresses = addresses.split(",")
        self.config = Config(tuple(addresses), token, namespace, ca_file, cert_file, key_file, actor, patience, connect_timeout)
        self._core = Core(self.config)

    @classmethod
    def from_env(cls, **options: Any) -> "AsyncClient":
        """A client as AION_ADDR, AION_TOKEN, AION_NAMESPACE, AION_CA_FILE, AION_CLIENT_CERT and AION_CLIENT_KEY say, as for the command line."""
        return cls(**{**_core.config_from_env(), **options})

    async def aclose(self) -> None:
        """Closes idle connections."""
        self._core.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def start(
        self,
        type: str,
        input: Any = ABSENT,
        *,
        workflow_id: str | None = None,
        version: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        timeout: Duration | None = None,
        signal: str | None = None,
        signal_payload: Any = ABSENT,
        if_open: str | None = None,
        if_closed: str | None = None,
        delay: Duration | None = None,
        retry: Retry | int | None = None,
        chain_timeout: Duration | None = None,
        archive: str | None = None,
        ephemeral: bool = False,
        signatures: Sequence[str] = (),
        wait: Duration | None = None,
        request_id: str | None = None,
    ) -> Started:
        """Starts a run. With ``wait`` the answer has its result, if it closes by then. The options are those of :class:`aion.Start`."""
        end = _clock() + (seconds(wait) if wait is not None else 0)
        start = Start(
            type, input, workflow_id=workflow_id, version=version, attributes=attributes, timeout=timeout, signal=signal, signal_payload=signal_payload, if_open=if_open,
            if_closed=if_closed, delay=delay, retry=retry, chain_timeout=chain_timeout, archive=archive, ephemeral=ephemeral, signatures=signatures,
        )
        call = change("POST", "v1", "workflows", body=start.body(), request_id=request_id)
        _set_wait(call, end - _clock())
        a = types.started(await self._core.json(call))
        if wait is None or a.status is not None and a.status not in types.OPEN:
            return a
        r = await self.outcome(a.workflow_id, run_id=a.run_id, wait=max(end - _clock(), 0))
        if r.continued_to:  # the result is the one of the chain's last run
            r = await self.outcome(a.workflow_id, wait=max(end - _clock(), 0))
        return replace(a, status=r.status, result=r.result, error=r.error, raw={**a.raw, **types.present(status=r.status, result=r.raw.get("result"), error=r.raw.get("error"))})

    async def execute(
        self,
        type: str,
        input: Any = ABSENT,
        *,
        workflow_id: str | None = None,
        version: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        timeout: Duration | None = None,
        signal: str | None = None,
        signal_payload: Any = ABSENT,
        if_open: str | None = None,
        if_closed: str | None = None,
        delay: Duration | None = None,
        retry: Retry | int | None = None,
        chain_timeout: Duration | None = None,
        archive: str | None = None,
        ephemeral: bool = False,
        signatures: Sequence[str] = (),
        wait: Duration | None = None,
        request_id: str | None = None,
    ) -> Any:
        """Starts a run, waits until it closes, and returns its result. Raises WorkflowFailed if it ends otherwise, StillOpen if ``wait`` is over first."""
        a = await self.start(
            type, input, workflow_id=workflow_id, version=version, attributes=attributes, timeout=timeout, signal=signal, signal_payload=signal_payload, if_open=if_open,
            if_closed=if_closed, delay=delay, retry=retry, chain_timeout=chain_timeout, archive=archive, ephemeral=ephemeral, signatures=signatures, request_id=request_id,
        )
        return await self.result(a.workflow_id, wait=wait)

    async def start_many(self, starts: Iterable[Start], *, request_id: str | None = None) -> list[StartReply]:
        """Starts runs, each by itself, and returns a reply for each, in the order asked. Those that may succeed in a moment, or whose outcome is
        unknown, are repeated as ``start`` does. A start without a request_id gets one that follows from that of the call and its place."""
        base = request_id or _core.new_request_id()
        items = []
        for i, s in enumerate(starts):
            items.append({**s.body(), "request_id": s.request_id or f"{base}/{i}"})
        replies: list[StartReply] = []
        for part in _parts(items):
            replies += await self._start_part(part)
        return replies

    async def _start_part(self, items: list[dict[str, Any]]) -> list[StartReply]:
        replies: dict[int, StartReply] = {}
        maybe: set[int] = set()  # those of which an attempt may have taken effect
        left, round, until = [*range(len(items))], 0, _clock() + self.config.patience
        while left:
            round += 1
            answer = await self._core.json(change("POST", "v1", "workflows:batch", body={"starts": [items[i] for i in left]}))
            again = []
            for i, d in zip(left, answer["results"], strict=True):
                replies[i] = types.start_reply(d)
                p = replies[i].problem
                if p is not None and (p.outcome == "retry" or p.code == "outcome_unknown"):
                    again.append(i)
                    if p.outcome == "unknown":
                        maybe.add(i)
            left = again
            if left and not await _core._pause(round, until):
                break
        for i in maybe.intersection(left):
            p = replies[i].problem
            unknown = make_problem("outcome_unknown", f"no attempt learned the outcome: {p}", status=503, outcome="unknown", facts={"request_id": items[i]["request_id"]})
            replies[i] = replace(replies[i], ok=False, problem=unknown)
        return [replies[i] for i in range(len(items))]

    async def outcome(self, workflow_id: str, *, run_id: str | None = None, wait: Duration = 0) -> Outcome:
        """Where a run stands, after waiting for its end. Without a run_id it follows a run that continued as new."""
        end = _clock() + seconds(wait)
        while True:
            call = _of(get("v1", "workflows", workflow_id, "result"), run_id)
            _set_wait(call, end - _clock())
            r = types.outcome(await self._core.json(call))
            if not r.open or _clock() >= end:
                return r

    async def result(self, workflow_id: str, *, run_id: str | None = None, wait: Duration | None = None) -> Any:
        """The result of a run, once it has closed. Raises WorkflowFailed if it ended otherwise, StillOpen if ``wait`` is over first (None: never)."""
        r = await self.outcome(workflow_id, run_id=run_id, wait=FOREVER if wait is None else wait)
        return r.value()

    async def describe(self, workflow_id: str, *, run_id: str | None = None) -> Run:
        """Describes a run; ``raw`` has what it waits for, its input and more."""
        return types.run(await self._core.json(_of(get("v1", "workflows", workflow_id), run_id)))

    async def history(self, workflow_id: str, *, run_id: str | None = None, start: int = 1, follow: bool = False) -> AsyncIterator[Event]:
        """The events of a run, from ``start`` on. With ``follow`` also those to come, until the run closes."""
        while True:
            call = _of(get("v1", "workflows", workflow_id, "history"), run_id)
            call.query += [("from", str(start)), ("limit", "1000")]
            _set_wait(call, MAX_WAIT / 2 if follow else 0)
            page = await self._core.json(call)
            for d in page["events"]:
                yield types.event(d)
            if not page.get("next") or not page["events"] and not follow:
                return
            start = page["next"]

    async def runs(
        self,
        *,
        type: str | None = None,
        status: str | None = None,
        version: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        parent: str | None = None,
        where: str | Sequence[str] = (),
        sort: str | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[Run]:
        """Runs, newest first unless ``sort`` says otherwise. ``where`` has conditions such as ``amount>=100`` (docs/FINDING.md). A page is asked for
        when it is needed."""
        cursor = ""
        while True:
            call = get("v1", "workflows")
            for name, value in (("type", type), ("status", status), ("version", version), ("parent", parent), ("sort", sort), ("limit", str(page_size)), ("cursor", cursor)):
                if value:
                    call.query.append((name, value))
            for name, v in (attributes or {}).items():
                quoted = encode(name).decode() if "=" in name or name.startswith('"') else name
                call.query.append(("attr", f"{quoted}={encode(v).decode()}"))
            call.query += [("where", w) for w in _texts(where)]
            page = await self._core.json(call)
            for d in page["workflows"]:
                yield types.run(d)
            cursor = page.get("next_cursor", "")
            if not cursor:
                return

    async def signal(self, workflow_id: str, name: str, payload: Any = ABSENT, *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Sends a message to an open run. No payload is null."""
        return await self._core.json(_of(change("POST", "v1", "workflows", workflow_id, "signals", name, body=payload, request_id=request_id), run_id))

    async def query(self, workflow_id: str, name: str, args: Any = ABSENT, *, run_id: str | None = None) -> Any:
        """Asks a run something, and changes nothing."""
        call = _of(change("POST", "v1", "workflows", workflow_id, "queries", name, body={} if args is ABSENT else {"args": args}), run_id)
        call.mutation = False
        return (await self._core.json(call)).get("result")

    async def update(
        self,
        workflow_id: str,
        name: str,
        args: Any = ABSENT,
        *,
        update_id: str | None = None,
        wait: Duration = 60,
        run_id: str | None = None,
        request_id: str | None = None,
    ) -> UpdateState:
        """Asks a run for something, and waits for its answer; ``value()`` of the answer is what the handler returned. The same update_id has one
        effect and one answer; without one it is made up, so that the call may be repeated."""
        body: dict[str, Any] = {"update_id": update_id or _core.new_request_id()}
        if args is not ABSENT:
            body["args"] = args
        end = _clock() + seconds(wait)
        call = _of(change("POST", "v1", "workflows", workflow_id, "updates", name, body=body, request_id=request_id), run_id)
        _set_wait(call, end - _clock())
        u = types.update_state(await self._core.json(call))
        if u.status != "accepted" or u.error is not None or _clock() >= end:
            return u
        return await self.update_state(u.workflow_id, u.update_id, run_id=u.run_id or None, wait=end - _clock())

    async def update_state(self, workflow_id: str, update_id: str, *, run_id: str | None = None, wait: Duration = 0) -> UpdateState:
        """Where an update stands, after waiting for its answer."""
        end = _clock() + seconds(wait)
        while True:
            call = _of(get("v1", "workflows", workflow_id, "updates", update_id), run_id)
            _set_wait(call, end - _clock())
            u = types.update_state(await self._core.json(call))
            if u.status != "accepted" or u.error is not None or _clock() >= end:
                return u

    async def cancel(self, workflow_id: str, reason: str = "", *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Asks a run to end; its code decides how."""
        return await self._command(workflow_id, "cancel", reason, run_id, request_id)

    async def terminate(self, workflow_id: str, reason: str = "", *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Closes a run at once, without its code."""
        return await self._command(workflow_id, "terminate", reason, run_id, request_id)

    async def pause(self, workflow_id: str, reason: str = "", *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Stops a run's code; signals and timers are still recorded."""
        return await self._command(workflow_id, "pause", reason, run_id, request_id)

    async def resume(self, workflow_id: str, *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Lets a paused run go on."""
        return await self._command(workflow_id, "resume", None, run_id, request_id)

    async def reopen(self, workflow_id: str, reason: str = "", *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Reopens a failed, cancelled, terminated or timed-out run: steps that failed run again, finished ones keep their outcome."""
        return await self._command(workflow_id, "reopen", reason, run_id, request_id)

    async def reset(
        self,
        workflow_id: str,
        *,
        to: str | int | None = None,
        to_event: int | None = None,
        to_version: str | None = None,
        on: str | None = None,
        drop_signals: bool = False,
        reason: str = "",
        dry_run: bool = False,
        run_id: str | None = None,
        request_id: str | None = None,
    ) -> Mapping[str, Any]:
        """Starts a run anew with its history up to a point (docs/RESET.md): a turn, ``start``, ``last`` or ``failure``, an event, or the move to a
        version. An open run is terminated in the same step, and the new one takes its place. ``dry_run`` only says what would be redone."""
        body = _point(to, to_event, to_version, on, drop_signals, reason, dry_run)
        return await self._core.json(_of(change("POST", "v1", "workflows", workflow_id, "reset", body=body, request_id=request_id), run_id))

    async def fork(
        self,
        workflow_id: str,
        new_workflow_id: str,
        *,
        to: str | int | None = None,
        to_event: int | None = None,
        to_version: str | None = None,
        on: str | None = None,
        drop_signals: bool = False,
        reason: str = "",
        dry_run: bool = False,
        run_id: str | None = None,
        request_id: str | None = None,
    ) -> Mapping[str, Any]:
        """Starts a copy of a run, under another workflow id, with its history up to a point: without one, with all of its turns."""
        body = {**_point(to, to_event, to_version, on, drop_signals, reason, dry_run), "as": new_workflow_id}
        return await self._core.json(_of(change("POST", "v1", "workflows", workflow_id, "fork", body=body, request_id=request_id), run_id))

    async def _command(self, workflow_id: str, verb: str, reason: str | None, run_id: str | None, request_id: str | None) -> Mapping[str, Any]:
        body = ABSENT if reason is None else {"reason": reason} if reason else {}
        return await self._core.json(_of(change("POST", "v1", "workflows", workflow_id, verb, body=body, request_id=request_id), run_id))

    async def start_batch(
        self,
        operation: str,
        where: str | Sequence[str],
        *,
        dry_run: bool = False,
        rate: int | None = None,
        reason: str | None = None,
        signal: str | None = None,
        payload: Any = ABSENT,
        to: str | None = None,
        point: Mapping[str, Any] | None = None,
        drop_signals: bool = False,
        request_id: str | None = None,
    ) -> str:
        """Begins to do one operation to all runs that meet the conditions and started before, and returns the batch's id. The cluster goes on with
        it, whichever node leads, and does it to each run once."""
        body = types.present(
            operation=operation, where=_texts(where), dry_run=dry_run or None, rate=rate, reason=reason, signal=signal, to=to, point=point, drop_signals=drop_signals or None
        )
        if payload is not ABSENT:
            body["payload"] = payload
        return str((await self._core.json(change("POST", "v1", "batches", body=body, request_id=request_id)))["batch_id"])

    async def batch(self, batch_id: str, *, cursor: str = "") -> Mapping[str, Any]:
        """How a batch stands, with a page of the runs to which it could not do its operation; ``cursor`` is the ``next_cursor`` of the page before."""
        call = get("v1", "batches", batch_id)
        if cursor:
            call.query.append(("cursor", cursor))
        return await self._core.json(call)

    async def batches(self) -> AsyncIterator[Mapping[str, Any]]:
        """Batches, newest first."""
        cursor = ""
        while True:
            call = get("v1", "batches")
            if cursor:
                call.query.append(("cursor", cursor))
            page = await self._core.json(call)
            for d in page["batches"]:
                yield d
            cursor = page.get("next_cursor", "")
            if not cursor:
                return

    async def stop_batch(self, batch_id: str, *, request_id: str | None = None) -> Mapping[str, Any]:
        """Stops a batch. What was done stays done."""
        return await self._core.json(change("DELETE", "v1", "batches", batch_id, request_id=request_id))

    async def stop(self, *, type: str | None = None, version: str | None = None, reason: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Stops a workflow type or a version: nothing of it starts or makes a turn any more, and its open runs are paused."""
        return await self._core.json(change("POST", "v1", "stops", body=types.present(type=type, version=version, reason=reason), request_id=request_id))

    async def unstop(self, *, type: str | None = None, version: str | None = None, resume: bool = False, request_id: str | None = None) -> Mapping[str, Any]:
        """Lets a workflow type or a version run again. With ``resume`` the runs go on that the stop has paused."""
        call = change("DELETE", "v1", "stops", request_id=request_id)
        call.query += [*types.present(type=type, version=version, resume="true" if resume else None).items()]
        return await self._core.json(call)

    async def stops(self) -> Sequence[Mapping[str, Any]]:
        """What is stopped: types, then versions."""
        return list((await self._core.json(get("v1", "stops")))["stops"])

    async def events(self, names: str | Sequence[str] = (), *, after: int | None = None) -> AsyncIterator[StreamEvent]:
        """The cluster's events as they appear (docs/API.md, "Events"): those of the names, or all. It begins now, or after a log index; 0 is the
        oldest event that is kept. If a connection breaks or a node fails it goes on where it was, at any node: it may repeat the events of one
        index, and skips none. It ends by an error, when no node was reached for as long as the client's patience, or a node refuses."""
        async for e in _stream.events(self._core, _texts(names), after):
            yield e

    async def deploy(self, archive: bytes | str | os.PathLike[str], *, route: bool = True, message: str = "", request_id: str | None = None) -> Mapping[str, Any]:
        """Loads a package, the bytes or the path of an .aion file, and routes its workflow types to it."""
        call = change("POST", "v1", "packages", request_id=request_id)
        call.body = archive if isinstance(archive, bytes) else await asyncio.to_thread(Path(archive).read_bytes)
        call.media, call.slow = "application/octet-stream", True
        if not route:
            call.query.append(("route", "false"))
        if message:
            call.query.append(("message", message))
        return await self._core.json(call)

    async def store_archive(self, archive: bytes | str | os.PathLike[str], *, request_id: str | None = None) -> str:
        """Stores a package without loading it, and returns what ``start(archive=...)`` takes."""
        call = change("PUT", "v1", "archives", request_id=request_id)
        call.body = archive if isinstance(archive, bytes) else await asyncio.to_thread(Path(archive).read_bytes)
        call.media, call.slow = "application/octet-stream", True
        return str((await self._core.json(call))["archive"])

    async def poll(
        self,
        queue: str,
        activities: Sequence[str],
        *,
        worker_id: str = "python",
        max_tasks: int = 1,
        wait: Duration = 30,
        lease: Duration = 30,
        request_id: str | None = None,
    ) -> list[Task]:
        """Takes tasks, waiting for the first one. :class:`aion.Worker` does this, and the rest."""
        body = {"worker_id": worker_id, "activities": [*activities], "max_tasks": max_tasks, "wait": go_duration(wait), "lease": go_duration(lease)}
        call = change("POST", "v1", "queues", queue, "poll", body=body, request_id=request_id)
        call.wait = min(max(seconds(wait), 0), MAX_WAIT)
        return [types.task(d) for d in (await self._core.json(call))["tasks"]]

    async def complete(self, token: str, output: Any = None, *, request_id: str | None = None) -> TaskReply:
        """Reports the output of an attempt."""
        return await self._report("complete", "results", {"token": token, "output": output}, request_id)

    async def fail(self, token: str, message: str, *, kind: str | None = None, retryable: bool, details: Any = ABSENT, request_id: str | None = None) -> TaskReply:
        """Reports that an attempt failed."""
        item: dict[str, Any] = {"token": token, "message": message, "retryable": retryable}
        if kind:
            item["kind"] = kind
        if details is not ABSENT:
            item["details"] = details
        return await self._report("fail", "results", item, request_id)

    async def heartbeat(self, token: str, details: Any = ABSENT) -> TaskReply:
        """Reports that an attempt goes on: its lease starts anew."""
        item = {"token": token} if details is ABSENT else {"token": token, "details": details}
        call = change("POST", "v1", "tasks", "heartbeat", body={"tokens": [item]})
        call.mutation = False
        return types.task_reply((await self._core.json(call))["results"][0])

    async def release(self, token: str, *, request_id: str | None = None) -> TaskReply:
        """Gives an attempt back undone: it is offered again at once, and did not fail."""
        return await self._report("release", "tokens", {"token": token}, request_id)

    async def defer(self, token: str, *, request_id: str | None = None) -> TaskReply:
        """Lets go of an attempt whose outcome comes later, from anywhere: by its token, or by its ids."""
        return await self._report("later", "tokens", {"token": token}, request_id)

    async def complete_activity(self, run_id: str, activity_id: int, output: Any = None, *, attempt: int | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Ends an activity by its ids, from any process. ``attempt`` is a fence: only if this is the newest attempt, and it is under way."""
        return await self._report_activity(run_id, activity_id, "complete", {"output": output, **types.present(attempt=attempt)}, request_id)

    async def fail_activity(
        self,
        run_id: str,
        activity_id: int,
        message: str,
        *,
        kind: str | None = None,
        retryable: bool,
        details: Any = ABSENT,
        attempt: int | None = None,
        request_id: str | None = None,
    ) -> Mapping[str, Any]:
        """Lets an activity fail by its ids."""
        body = types.present(message=message, kind=kind, retryable=retryable, attempt=attempt)
        if details is not ABSENT:
            body["details"] = details
        return await self._report_activity(run_id, activity_id, "fail", body, request_id)

    async def heartbeat_activity(self, run_id: str, activity_id: int, details: Any = ABSENT, *, attempt: int | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Says by its ids that an activity goes on. ``cancel_requested`` in the answer: it is to end."""
        body = types.present(attempt=attempt)
        if details is not ABSENT:
            body["details"] = details
        return await self._report_activity(run_id, activity_id, "heartbeat", body, request_id)

    async def _report_activity(self, run_id: str, activity_id: int, verb: str, body: Mapping[str, Any], request_id: str | None) -> Mapping[str, Any]:
        return await self._core.json(change("POST", "v1", "runs", run_id, "activities", str(activity_id), verb, body=body, request_id=request_id))

    async def _report(self, verb: str, member: str, item: Mapping[str, Any], request_id: str | None) -> TaskReply:
        call = change("POST", "v1", "tasks", verb, body={member: [item]}, request_id=request_id)
        return types.task_reply((await self._core.json(call))["results"][0])

    async def call(
        self,
        method: str,
        path: str,
        body: Any = ABSENT,
        *,
        query: Mapping[str, str | Sequence[str]] | None = None,
        request_id: str | None = None,
        wait: Duration = 0,
    ) -> dict[str, Any]:
        """Any call of the HTTP API (docs/API.md), with the same retries: ``await client.call("GET", "/v1/versions", query={"type": "order"})``."""
        c = Call(method, path, mutation=method != "GET", request_id=request_id)
        if body is not ABSENT:
            _core.set_body(c, body)
        for name, value in (query or {}).items():
            for v in [value] if isinstance(value, str) else value:
                c.query.append((name, v))
        _set_wait(c, seconds(wait))
        return await self._core.json(c)


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _of(call: Call, run_id: str | None) -> Call:
    if run_id:
        call.query.append(("run_id", run_id))
    return call


def _set_wait(call: Call, wait: float) -> None:
    if wait > 0:
        call.wait = min(wait, MAX_WAIT)
        call.query.append(("wait", go_duration(call.wait)))


def _texts(texts: str | Sequence[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else [*texts]


def _point(
    to: str | int | None, to_event: int | None, to_version: str | None, on: str | None, drop_signals: bool, reason: str, dry_run: bool
) -> dict[str, Any]:
    return types.present(
        to=None if to is None else str(to), to_event=to_event, to_version=to_version, on=on, drop_signals=drop_signals or None, reason=reason or None, dry_run=dry_run or None
    )


def _parts(items: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Cuts a batch into parts that one call takes: a thousand starts, and half of the 16 MiB that a node accepts."""
    part: list[dict[str, Any]] = []
    size = 0
    for item in items:
        n = len(encode(item))
        if part and (len(part) == 1000 or size + n > 8 << 20):
            yield part
            part, size = [], 0
        part.append(item)
        size += n
    if part:
        yield part
