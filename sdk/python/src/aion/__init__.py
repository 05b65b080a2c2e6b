"""Aion from Python: a client, for threads and for asyncio, and a worker.

    from aion import Client, Worker, activity

    @activity
    def charge_card(order: dict) -> dict:
        return {"receipt": bank.charge(order["card"])}

    Worker(Client("127.0.0.1:7600"), activities=[charge_card]).run()
"""

from ._client import AsyncClient
from ._core import new_request_id
from ._sync import Client
from ._values import ABSENT
from .activity import Activity, Attempt, activity, current
from .errors import (
    AionError, AttemptOver, Cancelled, Failure, Later, LeaseLost, OutcomeUnknown, Problem, Rejected, StillOpen, Stopped, TimedOut, TryAgain, UpdateRejected,
    WorkflowFailed,
)
from .types import Event, Outcome, Retry, Run, RunError, Start, Started, StartReply, StreamEvent, Task, TaskReply, UpdateState
from .worker import Stats, Worker

__version__ = "0.1.0"

__all__ = [
    "ABSENT", "Activity", "AionError", "AsyncClient", "Attempt", "AttemptOver", "Cancelled", "Client", "Event", "Failure", "Later", "LeaseLost",
    "Outcome", "OutcomeUnknown", "Problem", "Rejected", "Retry", "Run", "RunError", "Start", "Started", "StartReply", "Stats", "StillOpen", "Stopped",
    "StreamEvent", "Task", "TaskReply", "TimedOut", "TryAgain", "UpdateRejected", "UpdateState", "WorkflowFailed", "Worker", "activity", "current", "new_request_id",
]
