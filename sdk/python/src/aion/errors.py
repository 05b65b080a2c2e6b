"""What can go wrong, and what it means for the caller."""

from __future__ import annotations

import json
from typing import Any, Mapping


class AionError(Exception):
    """The base of all errors of this package."""


class Problem(AionError):
    """A call that failed, as a node or this side says. ``outcome`` is what to act on; it is also the class:
    :class:`Rejected`, :class:`TryAgain` or :class:`OutcomeUnknown`."""

    def __init__(self, code: str, detail: str, *, status: int, outcome: str, title: str = "", hint: str = "", facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.status = status
        self.outcome = outcome
        self.title = title
        self.hint = hint
        self.facts: dict[str, Any] = dict(facts or {})

    def __reduce__(self) -> Any:
        return (_rebuild, (self.code, self.detail, self.status, self.outcome, self.title, self.hint, self.facts))


class Rejected(Problem):
    """It did not happen, and the same call will be refused again until something changes."""


class TryAgain(Problem):
    """It did not happen, but the same call may succeed a moment later. The client has already repeated it for as long as its patience."""


class OutcomeUnknown(Problem):
    """It may have happened. Repeat the call with ``request_id`` to find out: it has at most one effect."""

    @property
    def request_id(self) -> str | None:
        return self.facts.get("request_id")


class WorkflowFailed(AionError):
    """A run ended otherwise than by completing."""

    def __init__(self, workflow_id: str, run_id: str, status: str, kind: str, message: str, details: Any = None) -> None:
        super().__init__(f"workflow {workflow_id!r} {status}: {kind}: {message}")
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.status = status
        self.kind = kind
        self.message = message
        self.details = details


class UpdateRejected(AionError):
    """A run's handler or validator answered an update with an error, or the run closed before it answered."""

    def __init__(self, update_id: str, status: str, kind: str, message: str, details: Any = None) -> None:
        super().__init__(f"update {update_id!r} {status}: {kind}: {message}")
        self.update_id = update_id
        self.status = status
        self.kind = kind
        self.message = message
        self.details = details


class StillOpen(AionError, TimeoutError):
    """The wait is over, and the run has not closed, or the update has no answer. It goes on."""


class Failure(AionError):
    """Raised by a handler: the attempt fails with a kind that the workflow sees. Any other exception is a Failure of kind
    ``failed`` that may be retried."""

    def __init__(self, message: str, *, kind: str = "failed", retryable: bool = False, details: Any = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retryable = retryable
        self.details = details


class Later(AionError):
    """Raised by a handler whose activity ends later, from elsewhere: by its token (``Attempt.token``), or by its run id and activity id
    (``complete_activity``, ``fail_activity``). The worker lets go of the attempt. Time limits hold on, and so does a heartbeat that the
    workflow asked for."""


class AttemptOver(AionError):
    """Raised in a handler when its attempt is over. It should end soon; what it raises then does not matter."""

    cause = ""


class Cancelled(AttemptOver):
    """The activity is to end: its workflow cancelled it, or closed. The outcome counts as long as the workflow waits for it."""

    cause = "cancelled"


class LeaseLost(AttemptOver):
    """Another worker has the task, or may have it: no node was reached for as long as the lease."""

    cause = "lease_lost"


class TimedOut(AttemptOver):
    """The attempt's ``timeout`` is over, by this machine's clock."""

    cause = "timeout"


class Stopped(AttemptOver):
    """The worker ends, and its drain is over. Unfinished work is offered to other workers at once."""

    cause = "stopped"


_CLASSES: dict[str, type[Problem]] = {"rejected": Rejected, "retry": TryAgain, "unknown": OutcomeUnknown}
_HEAD = ("type", "instance", "status", "code", "title", "detail", "outcome", "hint")


def _rebuild(code: str, detail: str, status: int, outcome: str, title: str, hint: str, facts: dict[str, Any]) -> Problem:
    return make_problem(code, detail, status=status, outcome=outcome, title=title, hint=hint, facts=facts)


def make_problem(code: str, detail: str, *, status: int = 0, outcome: str, title: str = "", hint: str = "", facts: Mapping[str, Any] | None = None) -> Problem:
    """A problem of the class that its outcome asks for. What a newer node may call an outcome is unknown to this side."""
    return _CLASSES.get(outcome, OutcomeUnknown)(code, detail, status=status, outcome=outcome, title=title, hint=hint, facts=facts)


def problem_of(document: Mapping[str, Any]) -> Problem:
    """The problem that a document (RFC 9457) describes."""
    return make_problem(
        str(document["code"]), str(document.get("detail", "")), status=int(document.get("status", 0)), outcome=str(document.get("outcome", "unknown")),
        title=str(document.get("title", "")), hint=str(document.get("hint", "")), facts={k: v for k, v in document.items() if k not in _HEAD},
    )


def parse_problem(status: int, body: bytes) -> Problem:
    """The body of an unsuccessful answer. An answer that is no problem document, of a proxy for example, leaves unknown whether
    anything happened, unless its status says that no node took the call."""
    try:
        document = json.loads(body)
        if isinstance(document, dict) and document.get("code"):
            return problem_of(document)
    except ValueError:
        pass
    text = body[:200].decode("utf-8", "replace").strip()
    detail = f"the answer has status {status} and is not a problem document" + (f": {text}" if text else "")
    if status in (429, 503):
        return make_problem("unavailable", detail, status=status, outcome="retry")
    return make_problem("internal", detail, status=status, outcome="unknown")
