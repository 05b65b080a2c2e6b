"""The blocking client. Made from ``_client.py`` by ``scripts/sync_client.py``: change that one."""

from __future__ import annotations

import os
from typing import Any, Iterable, Iterator, Mapping, Sequence

from . import _core
from ._client import AsyncClient
from ._loop import Blocking
from ._values import ABSENT, Duration
from .types import Event, Outcome, Retry, Run, Start, Started, StartReply, StreamEvent, Task, TaskReply, UpdateState


class Client(Blocking):
    """Calls a cluster, and blocks until there is an answer. Threads may share it, and a process that was forked may go on with it.

    The arguments and the calls are those of :class:`aion.AsyncClient`.
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
        super().__init__(
            AsyncClient(
                addresses, token=token, namespace=namespace, ca_file=ca_file, cert_file=cert_file, key_file=key_file, actor=actor, patience=patience,
                connect_timeout=connect_timeout,
            )
        )

    @classmethod
    def from_env(cls, **options: Any) -> "Client":
        """A client as AION_ADDR, AION_TOKEN, AION_NAMESPACE, AION_CA_FILE, AION_CLIENT_CERT and AION_CLIENT_KEY say, as for the command line."""
        return cls(**{**_core.config_from_env(), **options})

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(
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
        return self._run(lambda c: c.start(type, input, workflow_id=workflow_id, version=version, attributes=attributes, timeout=timeout, signal=signal, signal_payload=signal_payload, if_open=if_open, if_closed=if_closed, delay=delay, retry=retry, chain_timeout=chain_timeout, archive=archive, ephemeral=ephemeral, signatures=signatures, wait=wait, request_id=request_id))

    def execute(
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
        return self._run(lambda c: c.execute(type, input, workflow_id=workflow_id, version=version, attributes=attributes, timeout=timeout, signal=signal, signal_payload=signal_payload, if_open=if_open, if_closed=if_closed, delay=delay, retry=retry, chain_timeout=chain_timeout, archive=archive, ephemeral=ephemeral, signatures=signatures, wait=wait, request_id=request_id))

    def start_many(self, starts: Iterable[Start], *, request_id: str | None = None) -> list[StartReply]:
        """Starts runs, each by itself, and returns a reply for each, in the order asked. Those that may succeed in a moment, or whose outcome is
        unknown, are repeated as ``start`` does. A start without a request_id gets one that follows from that of the call and its place."""
        return self._run(lambda c: c.start_many(starts, request_id=request_id))

    def outcome(self, workflow_id: str, *, run_id: str | None = None, wait: Duration = 0) -> Outcome:
        """Where a run stands, after waiting for its end. Without a run_id it follows a run that continued as new."""
        return self._run(lambda c: c.outcome(workflow_id, run_id=run_id, wait=wait))

    def result(self, workflow_id: str, *, run_id: str | None = None, wait: Duration | None = None) -> Any:
        """The result of a run, once it has closed. Raises WorkflowFailed if it ended otherwise, StillOpen if ``wait`` is over first (None: never)."""
        return self._run(lambda c: c.result(workflow_id, run_id=run_id, wait=wait))

    def describe(self, workflow_id: str, *, run_id: str | None = None) -> Run:
        """Describes a run; ``raw`` has what it waits for, its input and more."""
        return self._run(lambda c: c.describe(workflow_id, run_id=run_id))

    def history(self, workflow_id: str, *, run_id: str | None = None, start: int = 1, follow: bool = False) -> Iterator[Event]:
        """The events of a run, from ``start`` on. With ``follow`` also those to come, until the run closes."""
        return self._iterate(lambda c: c.history(workflow_id, run_id=run_id, start=start, follow=follow))

    def runs(
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
    ) -> Iterator[Run]:
        """Runs, newest first unless ``sort`` says otherwise. ``where`` has conditions such as ``amount>=100`` (docs/FINDING.md). A page is asked for
        when it is needed."""
        return self._iterate(lambda c: c.runs(type=type, status=status, version=version, attributes=attributes, parent=parent, where=where, sort=sort, page_size=page_size))

    def signal(self, workflow_id: str, name: str, payload: Any = ABSENT, *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Sends a message to an open run. No payload is null."""
        return self._run(lambda c: c.signal(workflow_id, name, payload, run_id=run_id, request_id=request_id))

    def query(self, workflow_id: str, name: str, args: Any = ABSENT, *, run_id: str | None = None) -> Any:
        """Asks a run something, and changes nothing."""
        return self._run(lambda c: c.query(workflow_id, name, args, run_id=run_id))

    def update(
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
        return self._run(lambda c: c.update(workflow_id, name, args, update_id=update_id, wait=wait, run_id=run_id, request_id=request_id))

    def update_state(self, workflow_id: str, update_id: str, *, run_id: str | None = None, wait: Duration = 0) -> UpdateState:
        """Where an update stands, after waiting for its answer."""
        return self._run(lambda c: c.update_state(workflow_id, update_id, run_id=run_id, wait=wait))

    def cancel(self, workflow_id: str, reason: str = "", *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Asks a run to end; its code decides how."""
        return self._run(lambda c: c.cancel(workflow_id, reason, run_id=run_id, request_id=request_id))

    def terminate(self, workflow_id: str, reason: str = "", *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Closes a run at once, without its code."""
        return self._run(lambda c: c.terminate(workflow_id, reason, run_id=run_id, request_id=request_id))

    def pause(self, workflow_id: str, reason: str = "", *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Stops a run's code; signals and timers are still recorded."""
        return self._run(lambda c: c.pause(workflow_id, reason, run_id=run_id, request_id=request_id))

    def resume(self, workflow_id: str, *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Lets a paused run go on."""
        return self._run(lambda c: c.resume(workflow_id, run_id=run_id, request_id=request_id))

    def reopen(self, workflow_id: str, reason: str = "", *, run_id: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Reopens a failed, cancelled, terminated or timed-out run: steps that failed run again, finished ones keep their outcome."""
        return self._run(lambda c: c.reopen(workflow_id, reason, run_id=run_id, request_id=request_id))

    def reset(
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
        return self._run(lambda c: c.reset(workflow_id, to=to, to_event=to_event, to_version=to_version, on=on, drop_signals=drop_signals, reason=reason, dry_run=dry_run, run_id=run_id, request_id=request_id))

    def fork(
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
        return self._run(lambda c: c.fork(workflow_id, new_workflow_id, to=to, to_event=to_event, to_version=to_version, on=on, drop_signals=drop_signals, reason=reason, dry_run=dry_run, run_id=run_id, request_id=request_id))

    def start_batch(
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
        return self._run(lambda c: c.start_batch(operation, where, dry_run=dry_run, rate=rate, reason=reason, signal=signal, payload=payload, to=to, point=point, drop_signals=drop_signals, request_id=request_id))

    def batch(self, batch_id: str, *, cursor: str = "") -> Mapping[str, Any]:
        """How a batch stands, with a page of the runs to which it could not do its operation; ``cursor`` is the ``next_cursor`` of the page before."""
        return self._run(lambda c: c.batch(batch_id, cursor=cursor))

    def batches(self) -> Iterator[Mapping[str, Any]]:
        """Batches, newest first."""
        return self._iterate(lambda c: c.batches())

    def stop_batch(self, batch_id: str, *, request_id: str | None = None) -> Mapping[str, Any]:
        """Stops a batch. What was done stays done."""
        return self._run(lambda c: c.stop_batch(batch_id, request_id=request_id))

    def stop(self, *, type: str | None = None, version: str | None = None, reason: str | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Stops a workflow type or a version: nothing of it starts or makes a turn any more, and its open runs are paused."""
        return self._run(lambda c: c.stop(type=type, version=version, reason=reason, request_id=request_id))

    def unstop(self, *, type: str | None = None, version: str | None = None, resume: bool = False, request_id: str | None = None) -> Mapping[str, Any]:
        """Lets a workflow type or a version run again. With ``resume`` the runs go on that the stop has paused."""
        return self._run(lambda c: c.unstop(type=type, version=version, resume=resume, request_id=request_id))

    def stops(self) -> Sequence[Mapping[str, Any]]:
        """What is stopped: types, then versions."""
        return self._run(lambda c: c.stops())

    def events(self, names: str | Sequence[str] = (), *, after: int | None = None) -> Iterator[StreamEvent]:
        """The cluster's events as they appear (docs/API.md, "Events"): those of the names, or all. It begins now, or after a log index; 0 is the
        oldest event that is kept. If a connection breaks or a node fails it goes on where it was, at any node: it may repeat the events of one
        index, and skips none. It ends by an error, when no node was reached for as long as the client's patience, or a node refuses."""
        return self._iterate(lambda c: c.events(names, after=after))

    def deploy(self, archive: bytes | str | os.PathLike[str], *, route: bool = True, message: str = "", request_id: str | None = None) -> Mapping[str, Any]:
        """Loads a package, the bytes or the path of an .aion file, and routes its workflow types to it."""
        return self._run(lambda c: c.deploy(archive, route=route, message=message, request_id=request_id))

    def store_archive(self, archive: bytes | str | os.PathLike[str], *, request_id: str | None = None) -> str:
        """Stores a package without loading it, and returns what ``start(archive=...)`` takes."""
        return self._run(lambda c: c.store_archive(archive, request_id=request_id))

    def poll(
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
        return self._run(lambda c: c.poll(queue, activities, worker_id=worker_id, max_tasks=max_tasks, wait=wait, lease=lease, request_id=request_id))

    def complete(self, token: str, output: Any = None, *, request_id: str | None = None) -> TaskReply:
        """Reports the output of an attempt."""
        return self._run(lambda c: c.complete(token, output, request_id=request_id))

    def fail(self, token: str, message: str, *, kind: str | None = None, retryable: bool, details: Any = ABSENT, request_id: str | None = None) -> TaskReply:
        """Reports that an attempt failed."""
        return self._run(lambda c: c.fail(token, message, kind=kind, retryable=retryable, details=details, request_id=request_id))

    def heartbeat(self, token: str, details: Any = ABSENT) -> TaskReply:
        """Reports that an attempt goes on: its lease starts anew."""
        return self._run(lambda c: c.heartbeat(token, details))

    def release(self, token: str, *, request_id: str | None = None) -> TaskReply:
        """Gives an attempt back undone: it is offered again at once, and did not fail."""
        return self._run(lambda c: c.release(token, request_id=request_id))

    def defer(self, token: str, *, request_id: str | None = None) -> TaskReply:
        """Lets go of an attempt whose outcome comes later, from anywhere: by its token, or by its ids."""
        return self._run(lambda c: c.defer(token, request_id=request_id))

    def complete_activity(self, run_id: str, activity_id: int, output: Any = None, *, attempt: int | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Ends an activity by its ids, from any process. ``attempt`` is a fence: only if this is the newest attempt, and it is under way."""
        return self._run(lambda c: c.complete_activity(run_id, activity_id, output, attempt=attempt, request_id=request_id))

    def fail_activity(
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
        return self._run(lambda c: c.fail_activity(run_id, activity_id, message, kind=kind, retryable=retryable, details=details, attempt=attempt, request_id=request_id))

    def heartbeat_activity(self, run_id: str, activity_id: int, details: Any = ABSENT, *, attempt: int | None = None, request_id: str | None = None) -> Mapping[str, Any]:
        """Says by its ids that an activity goes on. ``cancel_requested`` in the answer: it is to end."""
        return self._run(lambda c: c.heartbeat_activity(run_id, activity_id, details, attempt=attempt, request_id=request_id))

    def call(
        self,
        method: str,
        path: str,
        body: Any = ABSENT,
        *,
        query: Mapping[str, str | Sequence[str]] | None = None,
        request_id: str | None = None,
        wait: Duration = 0,
    ) -> dict[str, Any]:
        """Any call of the HTTP API (docs/API.md), with the same retries: ``client.call("GET", "/v1/versions", query={"type": "order"})``."""
        return self._run(lambda c: c.call(method, path, body, query=query, request_id=request_id, wait=wait))
