"""What calls answer. ``raw`` has the whole JSON object, with what newer nodes say besides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Mapping

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
    """A run that was started. ``status``, ``result`` and ``error`` are there if the call waited."""

    workflow_id: str
    run_id: str
    version: str
    index: int
    deduplicated: bool
    status: str | None
    result: Any
    error: RunError | None
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
class Start:
    """One of many starts."""

    type: str
    input: Any = ABSENT
    workflow_id: str | None = None
    version: str | None = None
    attributes: Mapping[str, Any] | None = None
    timeout: Duration | None = None
    request_id: str | None = None

    def body(self) -> dict[str, Any]:
        return start_body(self.type, self.input, self.workflow_id, self.version, self.attributes, self.timeout)


@dataclass(frozen=True)
class StartReply:
    """What became of one of many starts: a run, or a problem."""

    ok: bool
    workflow_id: str | None
    run_id: str | None
    problem: Problem | None
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


def start_body(type: str, input: Any, workflow_id: str | None, version: str | None, attributes: Mapping[str, Any] | None, timeout: Duration | None) -> dict[str, Any]:
    body: dict[str, Any] = {"type": type}
    if input is not ABSENT:
        body["input"] = input
    if workflow_id is not None:
        body["workflow_id"] = workflow_id
    if version is not None:
        body["version"] = version
    if attributes is not None:
        body["attributes"] = dict(attributes)
    if timeout is not None:
        body["timeout"] = go_duration(timeout)
    return body


def _error(d: Any) -> RunError | None:
    return None if d is None else RunError(d["kind"], d["message"], d.get("details"))


def started(d: Mapping[str, Any]) -> Started:
    return Started(d["workflow_id"], d["run_id"], d.get("version", ""), d.get("index", 0), bool(d.get("deduplicated")), d.get("status"), d.get("result"), _error(d.get("error")), d)


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
    return StartReply(bool(d.get("ok")), d.get("workflow_id"), d.get("run_id"), problem, d)


def task(d: Mapping[str, Any]) -> Task:
    return Task(
        d["token"], d["workflow_id"], d["run_id"], d["workflow_type"], d["activity"], d["activity_id"], d["attempt"], d.get("input"), d.get("details"),
        parse_time(d.get("deadline")), d.get("lease"), d.get("traceparent"), d,
    )


def task_reply(d: Mapping[str, Any]) -> TaskReply:
    return TaskReply(d["token"], bool(d.get("ok")), bool(d.get("cancel_requested")), d.get("code"), d.get("detail"), d)
