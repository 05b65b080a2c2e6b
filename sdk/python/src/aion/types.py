"""What calls answer. ``raw`` has the whole JSON object, with what newer nodes say besides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Mapping, Sequence

from ._values import ABSENT, go_duration, Duration, parse_time
from .errors import Problem, StillOpen, UpdateRejected, WorkflowFailed, problem_of

OPEN = ("running", "paused")
"""Statuses of runs that have not closed."""


@dataclass(frozen=True)
class RunError:
    """Why a run did not complete, or why an update was not done."""

    kind: str
    message: str
    details: Any = None


@dataclass(frozen=True)
class Started:
    """A run that was started. ``status``, ``result`` and ``error`` are there if the call waited.

    ``outcome`` is there if the start had one of ``signal``, ``if_open``, ``if_closed`` and ``delay``: ``started``, ``signalled`` or ``used``.
    """

    workflow_id: str
    run_id: str
    version: str
    index: int
    deduplicated: bool
    status: str | None
    result: Any
    error: RunError | None
    outcome: str | None
    terminated_run_id: str | None
    begins_at: datetime | None
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """Where a run stands."""

    workflow_id: str
    run_id: str
    status: str
    result: Any
    error: RunError | None
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def open(self) -> bool:
        return self.status in OPEN

    @property
    def continued_to(self) -> str | None:
        """The run that continues it, or tries again."""
        return self.raw.get("continued_to")

    def value(self) -> Any:
        """The result of a completed run. Raises WorkflowFailed, or StillOpen."""
        if self.status == "completed":
            return self.result
        if self.open:
            raise StillOpen(f"workflow {self.workflow_id!r} is {self.status}")
        e = self.error or RunError(self.status, "")
        raise WorkflowFailed(self.workflow_id, self.run_id, self.status, e.kind, e.message, e.details)


@dataclass(frozen=True)
class Run:
    """A run, as it is described or listed."""

    workflow_id: str
    run_id: str
    workflow_type: str
    version: str
    status: str
    started_at: datetime
    closed_at: datetime | None
    attributes: Mapping[str, Any]
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True)
class Event:
    """One event of a run's history."""

    seq: int
    at: datetime
    type: str
    data: Mapping[str, Any]
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class StreamEvent:
    """One event of a cluster. ``id`` is the log index to go on after; 0 if the events of that index are not over."""

    id: int
    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class UpdateState:
    """Where an update stands: ``accepted``, ``completed`` or ``rejected``."""

    update_id: str
    workflow_id: str
    run_id: str
    status: str
    result: Any
    error: RunError | None
    raw: Mapping[str, Any] = field(repr=False)

    def value(self) -> Any:
        """What the handler returned. Raises UpdateRejected, or StillOpen."""
        if self.error is not None:
            raise UpdateRejected(self.update_id, self.status, self.error.kind, self.error.message, self.error.details)
        if self.status != "completed":
            raise StillOpen(f"update {self.update_id!r} is {self.status}")
        return self.result


@dataclass(frozen=True)
class Retry:
    """How often a run is tried, as another run of its workflow id, and the waits between."""

    max_attempts: int = 0
    """Tries in all; 0: as many as it takes."""
    backoff: Duration | None = None
    factor: float | None = None
    max_backoff: Duration | None = None
    non_retryable: Sequence[str] = ()
    """Kinds of failures that end it; ``timed_out`` is the time limit's."""

    def body(self) -> dict[str, Any]:
        times = {name: None if d is None else go_duration(d) for name, d in (("backoff", self.backoff), ("max_backoff", self.max_backoff))}
        return present(max_attempts=self.max_attempts, factor=self.factor, non_retryable=[*self.non_retryable] or None, **times)


@dataclass(frozen=True)
class Start:
    """A start, as one of many, or as ``start`` makes one of its arguments. docs/STARTING.md says what the options promise."""

    type: str
    input: Any = ABSENT
    workflow_id: str | None = None
    version: str | None = None
    attributes: Mapping[str, Any] | None = None
    timeout: Duration | None = None
    request_id: str | None = None
    signal: str | None = None
    """The name of a signal that the run receives as it starts or, with ``if_open="signal"``, the run that is open."""
    signal_payload: Any = ABSENT
    if_open: str | None = None
    """``refuse``, ``signal``, ``use`` or ``terminate``."""
    if_closed: str | None = None
    """``allow``, ``failed_only`` or ``refuse``."""
    delay: Duration | None = None
    retry: Retry | int | None = None
    """An int is how often in all."""
    chain_timeout: Duration | None = None
    archive: str | None = None
    """What ``store_archive`` answered, in place of a version."""
    ephemeral: bool = False
    signatures: Sequence[str] = ()

    def body(self) -> dict[str, Any]:
        signal = None if self.signal is None else {"name": self.signal}
        if self.signal_payload is not ABSENT:
            signal = {**(signal or {}), "payload": self.signal_payload}  # a node says what is missing
        retry = Retry(self.retry) if isinstance(self.retry, int) else self.retry
        if not isinstance(retry, Retry | None):
            raise TypeError(f"retry is {retry!r}: it has to be a Retry, or how often in all")
        times = {name: None if d is None else go_duration(d) for name, d in (("timeout", self.timeout), ("delay", self.delay), ("chain_timeout", self.chain_timeout))}
        body = present(
            type=self.type, workflow_id=self.workflow_id, version=self.version, attributes=None if self.attributes is None else dict(self.attributes), signal=signal,
            if_open=self.if_open, if_closed=self.if_closed, retry=None if retry is None else retry.body(), archive=self.archive, ephemeral=self.ephemeral or None,
            signatures=[*self.signatures] or None, **times,
        )
        return body if self.input is ABSENT else {**body, "input": self.input}


@dataclass(frozen=True)
class StartReply:
    """What became of one of many starts: a run, or a problem."""

    ok: bool
    workflow_id: str | None
    run_id: str | None
    problem: Problem | None
    outcome: str | None
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Task:
    """One attempt at an activity, as a poll takes it."""

    token: str
    workflow_id: str
    run_id: str
    workflow_type: str
    activity: str
    activity_id: int
    attempt: int
    input: Any
    details: Any
    deadline: datetime | None
    lease: str | None
    traceparent: str | None
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class TaskReply:
    """Whether what was said about one token counted."""

    token: str
    ok: bool
    cancel_requested: bool
    code: str | None
    detail: str | None
    raw: Mapping[str, Any] = field(repr=False)


def present(**members: Any) -> dict[str, Any]:
    """Those members of a body that are there: None is none."""
    return {name: value for name, value in members.items() if value is not None}


def _error(d: Any) -> RunError | None:
    return None if d is None else RunError(d["kind"], d["message"], d.get("details"))


def started(d: Mapping[str, Any]) -> Started:
    return Started(
        d["workflow_id"], d["run_id"], d.get("version", ""), d.get("index", 0), bool(d.get("deduplicated")), d.get("status"), d.get("result"), _error(d.get("error")),
        d.get("outcome"), d.get("terminated_run_id"), parse_time(d.get("begins_at")), d,
    )


def outcome(d: Mapping[str, Any]) -> Outcome:
    return Outcome(d["workflow_id"], d["run_id"], d["status"], d.get("result"), _error(d.get("error")), d)


def run(d: Mapping[str, Any]) -> Run:
    began = parse_time(d["started_at"])
    assert began is not None
    return Run(d["workflow_id"], d["run_id"], d["workflow_type"], d["version"], d["status"], began, parse_time(d.get("closed_at")), d.get("attributes") or {}, d)


def event(d: Mapping[str, Any]) -> Event:
    at = parse_time(d["at"])
    assert at is not None
    return Event(d["seq"], at, d["type"], d.get("data") or {}, d)


def update_state(d: Mapping[str, Any]) -> UpdateState:
    return UpdateState(d["update_id"], d["workflow_id"], d.get("run_id", ""), d["status"], d.get("result"), _error(d.get("error")), d)


def start_reply(d: Mapping[str, Any]) -> StartReply:
    problem = problem_of(d["problem"]) if d.get("problem") else None
    return StartReply(bool(d.get("ok")), d.get("workflow_id"), d.get("run_id"), problem, d.get("outcome"), d)


def task(d: Mapping[str, Any]) -> Task:
    return Task(
        d["token"], d["workflow_id"], d["run_id"], d["workflow_type"], d["activity"], d["activity_id"], d["attempt"], d.get("input"), d.get("details"),
        parse_time(d.get("deadline")), d.get("lease"), d.get("traceparent"), d,
    )


def task_reply(d: Mapping[str, Any]) -> TaskReply:
    return TaskReply(d["token"], bool(d.get("ok")), bool(d.get("cancel_requested")), d.get("code"), d.get("detail"), d)
