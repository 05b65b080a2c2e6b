"""The worker: it takes tasks from a queue, has handlers carry them out, keeps their leases, and delivers their outcomes.

Everything about tasks happens in one thread with an event loop of its own, so a handler that blocks costs no other task its lease. Handlers
that are functions run in threads, coroutine functions in the loop of ``run``.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import datetime
import logging
import os
import random
import signal
import socket
import threading
import traceback
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Sequence

from ._client import AsyncClient
from ._core import MAX_WAIT, Core, change, new_request_id
from ._loop import Blocking, LoopThread
from ._values import Duration, encode, go_duration, seconds
from .activity import Activity, Attempt, Handler
from .errors import AttemptOver, Failure, Later, Problem, Rejected
from .types import Task, task as parse_task

logger = logging.getLogger("aion.worker")

BEATS_PER_LEASE = 3  # one heartbeat may be lost, and the next one be late
DETAILS_WITHIN = 1.0  # details are sent this soon after the heartbeat before
POLLS = 2  # that wait at a time
POLL_ATTEMPT = 10.0
SEND_ATTEMPT = 10.0
SEND_AT_LEAST = 10.0  # how long an outcome is sent again after its lease has ended: a cluster without a leader ends no leases
MAX_SENDERS, MAX_BATCH, MAX_BYTES = 4, 500, 4 << 20
GRACE = 5.0  # how long handlers may take to end after they were told to
MAX_KIND, MAX_MESSAGE = 200, 8 << 10  # bytes that a node takes of a failure


@dataclass
class Stats:
    """What a worker has done."""

    taken: int = 0  # tasks
    completed: int = 0  # attempts whose output was recorded
    failed: int = 0  # attempts whose failure was recorded
    cancelled: int = 0  # attempts that were to end, as the handler learned, and that did without a result
    lost: int = 0  # attempts that another worker has: their outcome here did not count
    released: int = 0  # attempts given back undone
    deferred: int = 0  # attempts whose outcome comes later, from elsewhere
    undelivered: int = 0  # outcomes that no node took


@dataclass(eq=False)
class _Hold:
    """A task in hand, from the poll that took it until its outcome is recorded."""

    task: Task
    attempt: Attempt
    lease: float
    beaten: float  # when the newest answered heartbeat was sent
    beat_at: float  # when the next one is due
    beating: asyncio.Future[None] | None = None  # the heartbeat on its way
    details: bytes | None = None  # of the handler, not sent yet
    lost: bool = False
    returned: bool = False
    stop: Callable[[], None] = lambda: None  # interrupts a coroutine

    def until(self) -> float:
        return self.beaten + self.lease

    def end(self, cause: str) -> None:
        if self.attempt._end(cause):
            self.stop()


@dataclass(eq=False)
class _Outcome:
    hold: _Hold
    verb: str  # complete, fail, release, later
    body: bytes = b""  # members of the item beside the token
    unwanted: bool = False  # the workflow had given the activity up
    plain: bool = False  # refused once, and stripped
    failure: dict[str, Any] = field(default_factory=dict)


class Worker:
    """Carries out the activities of one queue.

    ``run`` works until SIGTERM or SIGINT, or until ``stop`` is called from another thread; then it drains: it takes no more tasks, lets handlers
    finish for ``drain`` seconds, stops the others, gives back what they leave undone, and returns once everything is delivered.

    ``version`` is that of the handlers' code, for people: ``aion-node queue describe`` shows it. Clusters of builds before it refuse it.

    ``lease`` is how long the worker may be silent about a task before another gets it; heartbeats are sent by the worker itself.
    """

    def __init__(
        self,
        client: Blocking | AsyncClient | str | Sequence[str] | None = None,
        *,
        activities: Iterable[Activity] = (),
        queue: str = "default",
        id: str | None = None,
        version: str | None = None,
        concurrency: int = 100,
        lease: Duration = 30,
        wait: Duration = 30,
        drain: Duration = 30,
    ) -> None:
        if client is None or isinstance(client, (str, list, tuple)):
            client = AsyncClient(client) if client is not None else AsyncClient.from_env()
        self.config = client.config  # type: ignore[union-attr]
        self.queue = queue
        self.version = version
        self.id = id or f"{socket.gethostname()[:100]}-{os.getpid()}-{new_request_id()[:6]}"
        self.concurrency, self.lease, self.wait, self.drain = concurrency, seconds(lease), seconds(wait), seconds(drain)
        if not 1 <= concurrency <= 10_000:
            raise ValueError(f"concurrency is {concurrency}, it must be between 1 and 10000")
        if self.lease < 1:
            raise ValueError(f"lease is {self.lease:g} s, it must be at least 1")
        if not 0 <= self.wait <= MAX_WAIT:
            raise ValueError(f"wait is {self.wait:g} s, it must be between 0 and {MAX_WAIT:g}")
        self.stats = Stats()
        self._handlers: dict[str, Handler] = {}
        self._stopping = threading.Event()
        self._ran = False
        self._machine: _Machine | None = None
        for a in activities:
            self.handle(a.name, a.function)

    def handle(self, name: str, function: Callable[..., Any]) -> "Worker":
        """Sets the handler of an activity, and returns the worker."""
        if self._ran:
            raise RuntimeError("handle comes before run")
        if not name or name in self._handlers:
            raise ValueError(f"activity {name!r} has two handlers" if name else "an activity has a name")
        self._handlers[name] = Handler(function)
        return self

    def activity(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A decorator: ``@worker.activity`` sets the function as the handler of the activity of its name."""
        self.handle(function.name if isinstance(function, Activity) else function.__name__, function)
        return function

    def run(self) -> None:
        """Works until it is told to end. In the main thread SIGTERM and SIGINT do that; a second one stops handlers at once."""
        asyncio.run(self._run(signals=threading.current_thread() is threading.main_thread()))

    async def run_async(self) -> None:
        """As ``run``, in the caller's event loop and without signals. Cancelling it stops handlers at once."""
        await self._run(signals=False)

    def stop(self, *, now: bool = False) -> None:
        """Tells ``run`` to end, from any thread. ``now`` leaves handlers no time to finish."""
        self._stopping.set()
        machine = self._machine
        if machine is not None:
            machine.io.loop.call_soon_threadsafe(machine.stop, now)

    async def _run(self, signals: bool) -> None:
        if not self._handlers:
            raise RuntimeError("the worker has no handler")
        if self._ran:
            raise RuntimeError("a worker runs once")
        self._ran = True
        home = asyncio.get_running_loop()
        undo = self._catch_signals(home) if signals else lambda: None
        io = LoopThread("aion-worker")
        try:
            self._machine = _Machine(self, io, home)
            if self._stopping.is_set():
                self.stop()
            future = io.submit(self._machine.main())
            try:
                await asyncio.shield(asyncio.wrap_future(future))
            except asyncio.CancelledError:
                self.stop(now=True)
                await asyncio.wrap_future(future)
                raise
        finally:
            undo()
            io.stop()

    def _catch_signals(self, home: asyncio.AbstractEventLoop) -> Callable[[], None]:
        def told() -> None:
            self.stop(now=self._stopping.is_set())

        caught = (signal.SIGTERM, signal.SIGINT)
        try:
            for s in caught:
                home.add_signal_handler(s, told)
        except NotImplementedError:  # Windows
            before = [signal.signal(s, lambda *_: told()) for s in caught]
            return lambda: [signal.signal(s, b) for s, b in zip(caught, before)] and None  # type: ignore[func-returns-value]
        return lambda: [home.remove_signal_handler(s) for s in caught] and None  # type: ignore[func-returns-value]


class _Machine:
    """A worker at work. All of it but the handlers belongs to the loop of ``io``."""

    def __init__(self, worker: Worker, io: LoopThread, home: asyncio.AbstractEventLoop) -> None:
        self.w, self.io, self.home = worker, io, home
        self.stats = worker.stats
        self.names = sorted(worker._handlers)
        self.holds: set[_Hold] = set()
        self.running = 0  # handlers that have not returned
        self.asked = 0  # tasks that polls on their way ask for
        self.drain = worker.drain
        self.outcomes: dict[str, list[_Outcome]] = {"complete": [], "fail": [], "release": [], "later": []}
        self.senders: set[asyncio.Task[None]] = set()
        self.beats: set[asyncio.Task[None]] = set()
        self.stopped = asyncio.Event()
        self.hurry = asyncio.Event()  # handlers get no time to finish
        self.changed = asyncio.Event()
        self.rouse = asyncio.Event()

    def stop(self, now: bool = False) -> None:
        self.stopped.set()
        if now:
            self.hurry.set()

    async def main(self) -> None:
        self.core = Core(self.w.config)
        self.clock = asyncio.get_running_loop().time
        logger.info("worker %s serves queue %s: %s", self.w.id, self.w.queue, ", ".join(self.names))
        keeper = asyncio.ensure_future(self.keep())
        polls = [asyncio.ensure_future(self.poll(-(-self.w.concurrency // POLLS))) for _ in range(min(POLLS, self.w.concurrency))]
        stop = asyncio.ensure_future(self.stopped.wait())
        try:
            await asyncio.wait([*polls, stop], return_when=asyncio.FIRST_COMPLETED)
            self.stopped.set()
            for p in [*polls, stop]:
                p.cancel()
            refused = [e for e in await asyncio.gather(*polls, return_exceptions=True) if isinstance(e, Exception)]
            stuck = await self.finish()
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, *self.beats, return_exceptions=True)
            self.core.close()
        logger.info("worker %s has ended: %s", self.w.id, self.stats)
        if refused:
            raise refused[0]
        if stuck:
            raise RuntimeError(f"{stuck} handlers have not returned {GRACE:g} s after their attempts were over")

    async def finish(self) -> int:
        """Waits for handlers, stops those that take too long, and waits until all outcomes are delivered. Returns how many handlers are stuck."""
        hurry = asyncio.ensure_future(self.hurry.wait())
        idle = asyncio.ensure_future(self.until(lambda: self.running == 0))
        await asyncio.wait([hurry, idle], timeout=self.drain, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if not idle.done():
            for h in self.holds:
                if not h.returned:
                    h.end("stopped")
            await asyncio.wait([idle], timeout=GRACE)
        idle.cancel()
        while self.senders:
            await asyncio.wait(self.senders)
        return self.running

    async def until(self, enough: Callable[[], bool]) -> None:
        while not enough():
            self.changed.clear()
            await self.changed.wait()

    # --- Tasks come in

    def room(self, most: int) -> int:
        """How many tasks may be asked for. Those whose outcome is on its way occupy no handler, but their number stays bounded."""
        c = self.w.concurrency
        return min(c - self.running - self.asked, 2 * c - len(self.holds) - self.asked, most, 1000)

    async def poll(self, most: int) -> None:
        """Takes tasks until it is cancelled, or until a node refuses in a way that asking again cannot mend."""
        pause = _Pause()
        while True:
            await self.until(lambda: self.room(most) > 0)
            n = self.room(most)
            self.asked += n
            began = self.clock()
            body = {"worker_id": self.w.id, "activities": self.names, "max_tasks": n, "wait": go_duration(self.w.wait), "lease": go_duration(self.w.lease)}
            if self.w.version:
                body["worker_version"] = self.w.version
            call = change("POST", "v1", "queues", self.w.queue, "poll", body=body)
            call.wait, call.attempt, call.total = self.w.wait, POLL_ATTEMPT, POLL_ATTEMPT
            try:
                tasks = [parse_task(d) for d in (await self.core.json(call))["tasks"]]
                for t in tasks:
                    self.begin(t)
                pause.reset()
                if not tasks and self.clock() - began < min(1.0, self.w.wait):  # the node closes, or another worker was quicker
                    await pause.wait()
            except Problem as e:
                if isinstance(e, Rejected) and e.code != "resource_exhausted":
                    raise
                logger.warning("no work could be asked for: %s", e)
                await pause.wait()
            finally:
                self.asked -= n
                self.changed.set()

    def begin(self, task: Task) -> None:
        """Starts the handler of a task."""
        now = self.clock()
        lease = seconds(task.lease) if task.lease else self.w.lease
        h = _Hold(task, Attempt(task), lease, now, now + lease / BEATS_PER_LEASE)
        h.attempt._on_details = lambda b: self.io.loop.call_soon_threadsafe(self.set_details, h, b) and None
        self.holds.add(h)
        self.running += 1
        self.stats.taken += 1
        self.rouse.set()
        timer: asyncio.TimerHandle | None = None
        if task.deadline is not None:
            left = (task.deadline - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
            timer = self.io.loop.call_later(max(left, 0), h.end, "timeout")
        future: concurrent.futures.Future[_Outcome] = concurrent.futures.Future()

        def over(_: Any) -> None:
            if timer is not None:
                timer.cancel()
            self.ended(h, future.result())

        future.add_done_callback(lambda f: self.io.loop.call_soon_threadsafe(over, f))
        self.carry_out(h, future)

    def carry_out(self, h: _Hold, future: "concurrent.futures.Future[_Outcome]") -> None:
        """Runs the handler, in a thread or in the loop of ``run``, whatever it does."""
        handler = self.w._handlers[h.task.activity]
        if not handler.is_async:
            context = contextvars.copy_context()

            def work() -> None:
                try:
                    made = _outcome(h, handler.call(h.attempt))
                except BaseException as e:  # the worker goes on: one bad input must not affect other tasks
                    made = _failure(h, e)
                future.set_result(made)

            threading.Thread(target=context.run, args=(work,), name=f"aion-{h.task.activity}", daemon=True).start()
            return

        async def awork() -> None:
            try:
                made = _outcome(h, await handler.acall(h.attempt))
            except BaseException as e:
                made = _failure(h, e)
            future.set_result(made)

        def launch() -> None:
            task = self.home.create_task(awork())

            def interrupt() -> None:
                if not task.done():
                    task.cancel()

            h.stop = lambda: self.home.call_soon_threadsafe(interrupt) and None
            if h.attempt.over:
                h.stop()

        self.home.call_soon_threadsafe(launch)

    def ended(self, h: _Hold, o: _Outcome) -> None:
        """Takes what a handler ended with."""
        h.returned = True
        self.running -= 1
        self.changed.set()
        if h.lost and o.verb != "complete":
            self.stats.lost += 1
            self.remove(h)
            return
        self.deliver(o)

    def remove(self, h: _Hold) -> None:
        self.holds.discard(h)
        self.changed.set()

    # --- Leases are kept

    def set_details(self, h: _Hold, details: bytes) -> None:
        if h not in self.holds:
            return
        h.details = details
        h.beat_at = min(h.beat_at, h.beaten + min(DETAILS_WITHIN, h.lease / BEATS_PER_LEASE))
        self.rouse.set()

    async def keep(self) -> None:
        """Sends heartbeats for all tasks in hand, in one call for all that are due. A task whose lease has run out without one is lost."""
        while True:
            now = self.clock()
            self.rouse.clear()
            for h in self.holds:
                if not h.lost and not h.returned and now >= h.until():
                    h.lost = True
                    h.end("lease_lost")
            live = [h for h in self.holds if not h.lost and h.beating is None]
            due = [h for h in live if now >= h.beat_at]
            if due:
                due += [h for h in live if h not in due and now >= h.beaten + h.lease / BEATS_PER_LEASE / 2]
                for batch in _batches(due, lambda h: len(h.details or b"")):
                    for h in batch:
                        h.beating = self.io.loop.create_future()
                    task = asyncio.ensure_future(self.beat([(h, h.details) for h in batch]))
                    self.beats.add(task)
                    task.add_done_callback(self.beats.discard)
                    for h in batch:
                        h.details = None
            wake = min([t for h in self.holds if not h.lost for t in ([] if h.beating else [h.beat_at]) + ([] if h.returned else [h.until()])], default=now + 60)
            try:
                await asyncio.wait_for(self.rouse.wait(), max(wake - now, 0))
            except asyncio.TimeoutError:
                pass

    async def beat(self, batch: list[tuple[_Hold, bytes | None]]) -> None:
        """Sends one round of heartbeats, and learns which tasks are still this worker's, and wanted."""
        sent, shortest = self.clock(), min(h.lease for h, _ in batch)
        each = max(shortest / BEATS_PER_LEASE, 1.0)
        try:
            try:
                replies = await asyncio.wait_for(self.post("heartbeat", "tokens", [_item(h.task.token, b'"details":' + d if d is not None else b"") for h, d in batch], each / 2, each), each)
            except Problem as e:
                if not _of_content(e):
                    raise
                if len(batch) > 1:  # one of them makes the call fail for the others
                    for one in batch:
                        await self.beat([one])
                    return
                replies = [{"ok": False, "code": e.code, "detail": e.detail}]  # its details are refused
            for (h, d), r in zip(batch, replies):
                self.beaten(h, d, r, sent)
        except (Problem, asyncio.TimeoutError) as e:
            logger.warning("no sign of life could be given for %d tasks: %s", len(batch), e or "no answer in time")
            for h, d in batch:
                h.beat_at = self.clock() + min(shortest / BEATS_PER_LEASE / 4, 1.0)
                if h.details is None:
                    h.details = d
        finally:
            for h, _ in batch:
                if h.beating is not None:
                    if not h.beating.done():
                        h.beating.set_result(None)
                    h.beating = None
            self.rouse.set()

    def beaten(self, h: _Hold, details: bytes | None, r: dict[str, Any], sent: float) -> None:
        """Takes the reply to one heartbeat."""
        h.beat_at = self.clock() + h.lease / BEATS_PER_LEASE
        if r["ok"]:
            h.beaten, h.beat_at = sent, sent + h.lease / BEATS_PER_LEASE
            if h.details is not None:  # there are newer ones meanwhile
                h.beat_at = sent + min(DETAILS_WITHIN, h.lease / BEATS_PER_LEASE)
            if r.get("cancel_requested"):
                h.end("cancelled")
        elif h.returned:  # its outcome may have arrived before this heartbeat
            pass
        elif r.get("code") == "lease_lost":
            h.lost = True
            h.end("lease_lost")
            logger.warning("a task is no longer this worker's: %s: %s", _names(h), r.get("detail"))
        else:
            h.beat_at = self.clock() if details is not None else self.clock() + h.lease / BEATS_PER_LEASE / 4
            logger.warning("details of a heartbeat were refused: %s: %s", _names(h), r.get("detail"))

    # --- Outcomes go out

    def deliver(self, o: _Outcome) -> None:
        self.outcomes[o.verb].append(o)
        if len(self.senders) < MAX_SENDERS:
            task = asyncio.ensure_future(self.send())
            self.senders.add(task)
            task.add_done_callback(self.senders.discard)

    async def send(self) -> None:
        """Sends what waits until nothing does: what came meanwhile together, a lone outcome at once."""
        while True:
            verb = max(self.outcomes, key=lambda v: len(self.outcomes[v]))
            if not self.outcomes[verb]:
                return
            batch = next(iter(_batches(self.outcomes[verb], lambda o: len(o.body))))
            del self.outcomes[verb][: len(batch)]
            await self.report(batch)

    async def report(self, batch: list[_Outcome]) -> None:
        """Reports outcomes of one verb, for as long as they may still matter."""
        verb = batch[0].verb
        if verb != "complete":
            await self.flush(batch)
        pause = _Pause()
        member = "tokens" if verb in ("release", "later") else "results"
        items = [_item(o.hold.task.token, o.body) for o in batch]
        request_id = new_request_id()
        while True:
            left = max(o.hold.until() + max(o.hold.lease, SEND_AT_LEAST) for o in batch) - self.clock()
            try:
                replies = await self.post(verb, member, items, SEND_ATTEMPT, max(left, SEND_ATTEMPT), request_id)
                for o, r in zip(batch, replies):
                    self.reported(o, r)
                return
            except Problem as e:
                if _of_content(e):
                    if len(batch) == 1:
                        self.reported(batch[0], {"ok": False, "code": e.code, "detail": e.detail})
                        return
                    for o in batch:
                        await self.report([o])
                    return
                if left <= 0:
                    logger.error("%d outcomes could not be delivered before their leases ended, other workers repeat the work: %s", len(batch), e)
                    for o in batch:
                        self.stats.undelivered += 1
                        self.remove(o.hold)
                    return
                logger.warning("%d outcomes could not be delivered yet: %s", len(batch), e)
                await pause.wait()

    async def flush(self, batch: list[_Outcome]) -> None:
        """Sends the details of the handlers' last heartbeats, so that the next attempts get them."""
        for o in batch:
            while o.hold.beating is not None:
                await o.hold.beating
        for part in _batches([o.hold for o in batch if o.hold.details is not None], lambda h: len(h.details or b"")):
            items = [_item(h.task.token, b'"details":' + (h.details or b"null")) for h in part]
            for h in part:
                h.details = None
            try:
                await self.post("heartbeat", "tokens", items, SEND_ATTEMPT, SEND_ATTEMPT)
            except Problem as e:
                logger.warning("details of %d heartbeats could not be delivered: %s", len(part), e)

    def reported(self, o: _Outcome, r: dict[str, Any]) -> None:
        """Takes the reply to one outcome."""
        if r["ok"]:
            if o.verb == "complete":
                self.stats.completed += 1
            elif o.verb == "fail" and o.unwanted:
                self.stats.cancelled += 1
            elif o.verb == "fail":
                self.stats.failed += 1
            elif o.verb == "later":
                self.stats.deferred += 1
            else:
                self.stats.released += 1
        elif r.get("code") == "lease_lost" and o.unwanted:
            self.stats.cancelled += 1
        elif r.get("code") == "lease_lost":
            self.stats.lost += 1
            logger.warning("an outcome came too late: %s: %s", _names(o.hold), r.get("detail"))
        elif o.verb == "complete":  # otherwise the activity would never have an outcome
            logger.error("an output was refused: %s: %s", _names(o.hold), r.get("detail"))
            self.deliver(_fail(o.hold, Failure(str(r.get("detail")), kind="invalid_output"), o.unwanted))
            return
        elif o.verb == "fail" and not o.plain:
            f = o.failure
            text = f"{_clip(f['message'], 200)} (details were refused: {_clip(str(r.get('detail')), 200)})"
            again = _fail(o.hold, Failure(text, kind=f["kind"], retryable=f["retryable"]), o.unwanted)
            again.plain = True
            self.deliver(again)
            return
        else:
            self.stats.undelivered += 1
            logger.error("an outcome was refused: %s: %s", _names(o.hold), r.get("detail"))
        self.remove(o.hold)

    async def post(self, verb: str, member: str, items: list[bytes], attempt: float, total: float, request_id: str | None = None) -> list[dict[str, Any]]:
        """One call about tokens. A heartbeat needs no request id: renewing a lease twice is renewing it."""
        call = change("POST", "v1", "tasks", verb)
        call.body, call.media = b'{"' + member.encode() + b'":[' + b",".join(items) + b"]}", "application/json"
        call.attempt, call.total = attempt, total
        call.mutation, call.request_id, call.generated = verb != "heartbeat", request_id, request_id is not None
        replies: list[dict[str, Any]] = (await self.core.json(call))["results"]
        if len(replies) != len(items):
            raise Problem("internal", "the number of results differs from the number sent", status=500, outcome="unknown")
        return replies


class _Pause:
    """Grows with each failure, with jitter, so that workers do not come back together."""

    def __init__(self) -> None:
        self.next = 0.0

    def reset(self) -> None:
        self.next = 0.0

    async def wait(self) -> None:
        self.next = min(max(2 * self.next, 0.05), 5.0)
        await asyncio.sleep(self.next / 2 + random.random() * self.next / 2)


def _outcome(h: _Hold, value: Any) -> _Outcome:
    """What a handler returned. It counts even if the attempt was over: the cluster knows whether it is in time."""
    try:
        return _Outcome(h, "complete", b'"output":' + encode(value), unwanted=h.attempt.cause == "cancelled")
    except (ValueError, TypeError, RecursionError) as e:
        return _fail(h, Failure(f"the output cannot be encoded: {e}", kind="invalid_output"), False)


def _failure(h: _Hold, e: BaseException) -> _Outcome:
    """What a handler raised. After the attempt was lost or the worker stopped that is no failure of the activity."""
    cause = h.attempt.cause
    if isinstance(e, Later):
        return _Outcome(h, "later", unwanted=cause == "cancelled")
    if cause in ("stopped", "lease_lost"):
        return _Outcome(h, "release")
    text = str(e) or type(e).__name__
    if isinstance(e, Failure):
        return _fail(h, e, cause == "cancelled")
    if cause == "cancelled":
        return _fail(h, Failure(text, kind="cancelled"), True)
    if cause == "timeout":
        return _fail(h, Failure(text, kind="timeout", retryable=True), False)
    logger.error("a handler failed: %s", _names(h), exc_info=e)
    details = {"exception": type(e).__name__, "stack": _clip("".join(traceback.format_exception(type(e), e, e.__traceback__)), 8 << 10)}
    return _fail(h, Failure(text, retryable=True, details=details), False)


def _fail(h: _Hold, f: Failure, unwanted: bool) -> _Outcome:
    failure: dict[str, Any] = {"message": _clip(f.message, MAX_MESSAGE), "kind": _clip(f.kind or "failed", MAX_KIND), "retryable": f.retryable}
    body = encode(failure)[1:-1]
    if f.details is not None:
        try:
            details = encode(f.details)
        except (ValueError, TypeError, RecursionError) as e:
            details = encode(f"the details cannot be encoded: {e}")
        body += b',"details":' + details
    return _Outcome(h, "fail", body, unwanted, failure=failure)


def _item(token: str, members: bytes) -> bytes:
    return encode({"token": token})[:-1] + (b"," + members if members else b"") + b"}"


def _clip(text: str, most: int) -> str:
    """Cuts a text to so many bytes, between characters. What is not UTF-8 is replaced."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def _names(h: _Hold) -> str:
    t = h.task
    return f"{t.activity} of workflow {t.workflow_id} run {t.run_id} step {t.activity_id} attempt {t.attempt}"


def _of_content(e: Problem) -> bool:
    """Whether a call was refused for what it carries, which no node would take."""
    return isinstance(e, Rejected) and e.status in (400, 413)


def _batches(all: list[Any], size: Callable[[Any], int]) -> Iterable[list[Any]]:
    """Cuts a list into parts that fit into one call each."""
    part: list[Any] = []
    total = 0
    for x in all:
        n = size(x)
        if part and (len(part) >= MAX_BATCH or total + n > MAX_BYTES):
            yield part
            part, total = [], 0
        part.append(x)
        total += n
    if part:
        yield part


__all__ = ["AttemptOver", "Stats", "Worker"]
