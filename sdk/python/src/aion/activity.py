"""Activities: functions that a worker carries out."""

from __future__ import annotations

import contextvars
import dataclasses
import inspect
import threading
import typing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, TypeVar, overload

from ._values import encode
from .errors import AttemptOver, Cancelled, Failure, LeaseLost, Stopped, TimedOut
from .types import Task

F = TypeVar("F", bound=Callable[..., Any])

MAX_DETAILS = 64 << 10  # bytes of the details of one heartbeat

CAUSES: dict[str, type[AttemptOver]] = {c.cause: c for c in (Cancelled, LeaseLost, TimedOut, Stopped)}

_current: contextvars.ContextVar["Attempt"] = contextvars.ContextVar("aion_attempt")


class Attempt:
    """One attempt at an activity, as its handler sees it. Threads may share it."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._over = threading.Event()
        self._cause = ""
        self._on_details: Callable[[bytes], None] | None = None
        self._lock = threading.Lock()

    @property
    def workflow_id(self) -> str:
        """Of the run that the step belongs to."""
        return self.task.workflow_id

    @property
    def run_id(self) -> str:
        """Of the run that the step belongs to."""
        return self.task.run_id

    @property
    def workflow_type(self) -> str:
        """Of the run that the step belongs to."""
        return self.task.workflow_type

    @property
    def activity(self) -> str:
        """Its name."""
        return self.task.activity

    @property
    def activity_id(self) -> int:
        """The number of the step within its run."""
        return self.task.activity_id

    @property
    def token(self) -> str:
        """Names this attempt, for those who report its outcome later: see :class:`aion.Later`."""
        return self.task.token

    @property
    def input(self) -> Any:
        """What the workflow gave."""
        return self.task.input

    @property
    def details(self) -> Any:
        """What the attempt before reported last, or None."""
        return self.task.details

    @property
    def traceparent(self) -> str | None:
        """W3C Trace Context, for the headers of what the handler calls."""
        return self.task.traceparent

    @property
    def number(self) -> int:
        """1 for the first attempt. No number is used twice."""
        return self.task.attempt

    @property
    def deadline(self) -> datetime | None:
        """The end of this attempt, by the cluster's clock."""
        return self.task.deadline

    @property
    def key(self) -> str:
        """Names the step, and is the same in every attempt at it: an idempotency key for effects elsewhere."""
        return f"{self.task.run_id}:{self.task.activity_id}"

    @property
    def over(self) -> bool:
        """Whether the handler should end: see ``cause``."""
        return self._over.is_set()

    @property
    def cause(self) -> str:
        """Why the attempt is over: ``cancelled``, ``lease_lost``, ``timeout`` or ``stopped``; empty while it goes on."""
        return self._cause

    def check(self) -> None:
        """Raises the AttemptOver that applies, if the attempt is over. Long work in a thread calls it now and then."""
        if self._over.is_set():
            raise CAUSES[self._cause](f"the attempt is over: {self._cause}")

    def wait(self, seconds: float | None = None) -> None:
        """Sleeps, or raises AttemptOver as soon as the attempt is over. For handlers in threads; a coroutine uses asyncio.sleep."""
        self._over.wait(seconds)
        self.check()

    def heartbeat(self, details: Any) -> None:
        """Reports how far the handler is: the next attempt reads it as ``details``. It returns at once; the newest details travel within a second,
        and before a failure does. A handler need not call it to keep its task. Raises AttemptOver if the attempt is over."""
        b = encode(details)
        if len(b) > MAX_DETAILS:
            raise ValueError(f"details of a heartbeat have {len(b)} bytes, more than {MAX_DETAILS}")
        self.check()
        if self._on_details is not None:
            self._on_details(b)

    def _end(self, cause: str) -> bool:
        """Ends the attempt, once."""
        with self._lock:
            if self._cause:
                return False
            self._cause = cause
            self._over.set()
            return True


def current() -> Attempt:
    """The attempt that the calling handler carries out."""
    try:
        return _current.get()
    except LookupError:
        raise RuntimeError("there is no attempt here: current() is for handlers of activities") from None


@dataclass(frozen=True)
class Activity:
    """A handler and the name of the activity that it carries out. Call it as the function that it is."""

    name: str
    function: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


@overload
def activity(function: Callable[..., Any], /) -> Activity: ...
@overload
def activity(*, name: str | None = None) -> Callable[[Callable[..., Any]], Activity]: ...
def activity(function: Callable[..., Any] | None = None, /, *, name: str | None = None) -> Any:
    """Makes a function an activity, of its own name unless another is given.

    The function takes the input, and as a second parameter the :class:`Attempt` if it wants it; or nothing. If the parameter is annotated
    with a dataclass, an input that is an object becomes one. Functions run in threads, coroutine functions in the worker's event loop.
    """

    def wrap(f: Callable[..., Any]) -> Activity:
        return Activity(name or f.__name__, f)

    return wrap if function is None else wrap(function)


class Handler:
    """How a handler is called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        target = function.function if isinstance(function, Activity) else function
        self.function = target
        self.is_async = inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(getattr(target, "__call__", None))
        positional = [
            p for p in inspect.signature(target).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and (p.default is p.empty or p.annotation in (Attempt, "Attempt", "aion.Attempt"))
        ]
        if len(positional) > 2:
            raise TypeError(f"{target!r} takes {len(positional)} arguments: a handler takes the input, and the attempt if it wants")
        self.count = len(positional)
        self.into: type | None = None
        if positional:
            try:
                hint = typing.get_type_hints(target if inspect.isroutine(target) else target.__call__).get(positional[0].name)
            except Exception:  # annotations may name what is only there for type checkers
                hint = None
            if isinstance(hint, type) and dataclasses.is_dataclass(hint):
                self.into = hint

    def arguments(self, attempt: Attempt) -> tuple[Any, ...]:
        value = attempt.input
        if self.into is not None:
            try:
                value = self.into(**value)
            except TypeError as e:
                raise Failure(f"the input of {attempt.activity}: {e}", kind="invalid_input") from e
        return (value, attempt)[: self.count]

    def call(self, attempt: Attempt) -> Any:
        """Calls a function. A handler that is a coroutine function is awaited by ``acall``."""
        token = _current.set(attempt)
        try:
            return self.function(*self.arguments(attempt))
        finally:
            _current.reset(token)

    async def acall(self, attempt: Attempt) -> Any:
        _current.set(attempt)
        return await self.function(*self.arguments(attempt))


__all__ = ["Activity", "Attempt", "activity", "current"]
