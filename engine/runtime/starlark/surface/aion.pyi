"""What workflow code and its tests can call, for editors.

`aion-node stubs` prints this file; `aion-node lsp` and `aion-node check` read it. Annotations use
the names of Python, and these: Duration is a Go duration string such as "1h30m", or a
time.duration; Json is a value that JSON can represent.
"""

from typing import Any, Callable, Literal, Sequence

Duration = Any
Json = Any
Time = Any

class Context:
    """What a run can do: the first argument of its entry function."""
    info: Info
    """What the run is: `workflow_id`, `run_id`, `workflow_type`, `version`, `attempt`."""
    def sleep(self, duration: Duration, on_cancel: Literal["abandon", "ignore"] = "abandon") -> None:
        """Waits. At most 100 years. With `on_cancel = "ignore"`, here and at other waits, a request to cancel the run does not end it."""
    def signal(self, name: str, timeout: Duration | None = None, on_cancel: Literal["abandon", "ignore"] = "abandon") -> Json:
        """Waits for the next signal of that name and returns its payload; `None` if the time ran out."""
    def child(self, type: str, input: Json = None, id: str | None = None, version: Literal["parent", "routed"] | None = None, on_parent_close: Literal["terminate", "cancel", "abandon"] = "terminate", on_cancel: Literal["wait", "abandon", "ignore"] = "wait", timeout: Duration | None = None, attributes: dict | None = None, retry: Retry | None = None, chain_timeout: Duration | None = None) -> Json:
        """Starts a workflow, waits, and returns its result. `version` is the parent's by default, if its package carries the type. `on_cancel` says what becomes of it when it is cancelled, as of an activity. `timeout` bounds its whole run, `attributes` are what it is found by. `retry` starts it anew when it fails or times out, as for an activity; `chain_timeout` bounds it with all runs that continue it or try again. A failure ends the run: `try_child` returns an outcome instead."""
    def activity(self, name: str, input: Json = None, queue: str = "default", retry: Retry | None = None, timeout: Duration | None = None, heartbeat: Duration | None = None, schedule_timeout: Duration | None = None, total_timeout: Duration | None = None, on_cancel: Literal["wait", "abandon", "ignore"] = "wait") -> Json:
        """Lets a worker do something, waits, and returns the output. `workflow.toml` must name it under `activities`. `retry`: `max_attempts` (0 = no limit), `backoff` ("1s"), `factor` (2), `max_backoff` ("1m"), `non_retryable` (error kinds). `timeout` bounds one attempt, `schedule_timeout` each wait for a worker, `total_timeout` all together. `on_cancel` says what becomes of it when it is cancelled: it is asked to end and waited for, asked and abandoned, or shielded. A failure ends the run: `try_activity` returns an outcome instead."""
    def try_child(self, type: str, input: Json = None, id: str | None = None, version: Literal["parent", "routed"] | None = None, on_parent_close: Literal["terminate", "cancel", "abandon"] = "terminate", on_cancel: Literal["wait", "abandon", "ignore"] = "wait", timeout: Duration | None = None, attributes: dict | None = None, retry: Retry | None = None, chain_timeout: Duration | None = None) -> Outcome:
        """`child`, but returns an outcome and never fails."""
    def try_activity(self, name: str, input: Json = None, queue: str = "default", retry: Retry | None = None, timeout: Duration | None = None, heartbeat: Duration | None = None, schedule_timeout: Duration | None = None, total_timeout: Duration | None = None, on_cancel: Literal["wait", "abandon", "ignore"] = "wait") -> Outcome:
        """`activity`, but returns an outcome and never fails."""
    def start_timer(self, duration: Duration, on_cancel: Literal["abandon", "ignore"] = "abandon") -> Future:
        """`sleep` as a future, at once."""
    def start_signal(self, name: str, timeout: Duration | None = None, on_cancel: Literal["abandon", "ignore"] = "abandon") -> Future:
        """`signal` as a future, at once."""
    def start_child(self, type: str, input: Json = None, id: str | None = None, version: Literal["parent", "routed"] | None = None, on_parent_close: Literal["terminate", "cancel", "abandon"] = "terminate", on_cancel: Literal["wait", "abandon", "ignore"] = "wait", timeout: Duration | None = None, attributes: dict | None = None, retry: Retry | None = None, chain_timeout: Duration | None = None) -> Future:
        """`child` as a future, at once."""
    def start_activity(self, name: str, input: Json = None, queue: str = "default", retry: Retry | None = None, timeout: Duration | None = None, heartbeat: Duration | None = None, schedule_timeout: Duration | None = None, total_timeout: Duration | None = None, on_cancel: Literal["wait", "abandon", "ignore"] = "wait") -> Future:
        """`activity` as a future, at once."""
    def all(self, futures: Sequence[Future]) -> list:
        """Waits until all have succeeded: the values, in order. The first failure cancels the rest and ends the run."""
    def try_all(self, futures: Sequence[Future]) -> list[Outcome]:
        """`all` with outcomes, for which it waits: of the rest as well. Never fails."""
    def race(self, futures: Sequence[Future]) -> tuple:
        """Waits for the first: `(index, value)`. The others are cancelled."""
    def try_race(self, futures: Sequence[Future]) -> tuple:
        """`race` with the outcome: `(index, outcome)`."""
    def any(self, futures: Sequence[Future]) -> int:
        """Waits for the first: its index. Fails and cancels nothing."""
    def settled(self, futures: Sequence[Future]) -> list[Outcome]:
        """Waits for all: their outcomes, in order. Fails and cancels nothing."""
    def until(self, condition: Callable, timeout: Duration | None = None, on_cancel: Literal["abandon", "ignore"] = "abandon") -> bool:
        """Waits until `condition()` is true: `True`, or `False` if the time ran out. The function may only read."""
    def on_signal(self, name: str, fn: Callable) -> None:
        """Lets `fn(payload)`, or `fn()`, handle signals of that name while code waits."""
    def on_update(self, name: str, fn: Callable, validator: Callable | None = None) -> None:
        """Lets `fn(args)`, or `fn()`, answer updates of that name while code waits. `validator` may only read, and refuses with `fail`."""
    def on_query(self, name: str, fn: Callable) -> None:
        """Lets `fn()` or `fn(args)` answer a query. It may only read."""
    def continue_as_new(self, input: Json = None, version: Literal["routed", "same"] = "routed") -> None:
        """Ends this run and starts the next one of the same workflow id. Nothing after it runs."""
    def workflow(self, id: str) -> Workflow:
        """Another workflow, by its id: to signal it, to ask it to end, to wait for its result."""
    def signal_workflow(self, id: str, name: str, payload: Json = None) -> None:
        """The older way to write `ctx.workflow(id).signal(name, payload)`."""
    def set_attributes(self, attributes: dict) -> None:
        """Sets what runs are found by: strings, numbers, booleans, times, lists of strings; `None` removes."""
    def cancelled(self) -> bool:
        """Whether cancellation was requested. If so, code knows of it from then on: what it starts later is not cancelled."""
    def now(self) -> Time:
        """The time of the turn: the same one in every replay."""
    def random(self) -> float:
        """A number in [0, 1): the same one in every replay."""
    def uuid(self) -> str:
        """A UUID: the same one in every replay."""
    def log(self, msg: Any) -> None:
        """Writes a line into the run's log, once."""

class Info:
    """What a run is."""
    workflow_id: str
    """The id that the caller gave."""
    run_id: str
    """The id of this execution."""
    workflow_type: str
    """The type that was started."""
    version: str
    """The version of the code."""
    attempt: int
    """1, and one more for each continue-as-new."""
    parent: Link | None
    """The run that started it as a child."""
    root: Link | None
    """The run at the top of its tree of children: itself, if it has no parent."""
    history_events: int
    """Events that code has seen."""
    history_bytes: int
    """Bytes of their payloads, and 64 for each event."""
    schedule: str | None
    """The id of the schedule that it is a run of."""
    fire_time: Time | None
    """The time for which its schedule fired."""
    continue_suggested: bool
    """Whether the history is so long that it is time to continue as new."""

class Link:
    """Another run."""
    workflow_id: str
    """The id that the caller gave."""
    run_id: str
    """The id of that execution."""

class Future:
    """Something that the run has started."""
    done: bool
    """Whether it has an outcome."""
    def result(self) -> Json:
        """Waits, then the value; an error ends the run with that error."""
    def outcome(self) -> Outcome:
        """Waits, then the outcome. Never fails."""
    def cancel(self) -> None:
        """Ends it: a timer or a wait at once, with kind `cancelled`; an activity or a child as its `on_cancel` says."""

class Workflow:
    """Another workflow, by its id. There need not be one."""
    id: str
    """The workflow id."""
    def signal(self, name: str, payload: Json = None) -> None:
        """Sends a signal to its open run, if it has one."""
    def cancel(self, reason: str = "") -> None:
        """Asks its open run to end, if it has one. A second request changes nothing."""
    def result(self, on_cancel: Literal["abandon", "ignore"] = "abandon") -> Future:
        """What becomes of its newest run, and of those that go on from it. `outcome()` tells a failure by its kind: that of the run, `cancelled`, `terminated`, `timed_out`, or `unknown_workflow` if there is no such workflow. Cancelling the future ends the wait, not the workflow."""

class Outcome:
    """How something ended."""
    ok: bool
    """Whether it succeeded."""
    value: Json
    """The value if it did, else `None`."""
    error: Error
    """`None` if it did."""

class Error:
    """Why something failed."""
    kind: str
    """`failed`, `cancelled`, `timeout`, ..., or what a worker said."""
    message: str
    """For people."""
    details: Json
    """More of it, or `None`."""
    retryable: bool
    """Whether trying again may help."""

class Test:
    """What a test can do: the argument of every function `test_*`."""
    def activity(self, name: str, fn: Any) -> None:
        """From now on attempts at the activity are `fn(input)`: what it returns is the output, or `t.failure(...)`. A value that is no function is the output itself."""
    def failure(self, kind: str, message: str = "", retryable: bool = False, details: Json = None) -> Any:
        """A failed attempt at an activity."""
    def calls(self, activity: str) -> list:
        """The inputs of all attempts so far, in order."""
    def start(self, type: str, input: Json = None, id: str | None = None, attributes: dict | None = None) -> Run:
        """Starts a run; ids are made up as `order-1`, `order-2`, ..."""
    def run(self, id: str) -> Run:
        """The newest run of a workflow id, such as a child's."""
    def skip(self, duration: Duration) -> None:
        """Lets time pass."""
    def now(self) -> Time:
        """The time of the log. Every test begins at 2026-01-01T00:00:00Z."""
    def eq(self, a: Any, b: Any, msg: str = "") -> None:
        """Ends the test unless both are equal; says where they differ."""
    def true(self, x: Any, msg: str = "") -> None:
        """Ends the test unless x is true."""
    def fail(self, msg: Any) -> None:
        """Ends the test."""

class Run:
    """A run that a test has started."""
    id: str
    """The workflow id."""
    status: str
    """`running`, `completed`, `failed`, ..."""
    history: list
    """The types of the run's events, in order."""
    def result(self) -> Json:
        """Lets time pass until the run has completed, and returns its result."""
    def error(self) -> Error:
        """Lets time pass until the run has ended without a result."""
    def signal(self, name: str, payload: Json = None) -> None:
        """Sends a signal."""
    def cancel(self, reason: str = "") -> None:
        """Asks the run to cancel."""
    def query(self, name: str, args: Json = None) -> Json:
        """Asks a query handler."""
    def update(self, name: str, args: Json = None) -> Json:
        """Sends an update, lets time pass until it is answered, and returns its result."""
    def update_error(self, name: str, args: Json = None) -> Error:
        """Sends an update that is rejected or fails, and returns why."""

class Retry:
    """How often an activity is tried."""
    max_attempts: int
    """0 = no limit."""
    backoff: Duration
    """Before the second attempt. Default "1s"."""
    factor: float
    """What each further pause is multiplied by. Default 2."""
    max_backoff: Duration
    """The longest pause. Default "1m"."""
    non_retryable: list
    """Kinds of errors that are not tried again."""
