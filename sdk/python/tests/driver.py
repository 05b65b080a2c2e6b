"""The driver of the conformance suite (sdk/conformance/README.md): reads steps from standard input, and says what came of each.

``driver.py async`` uses AsyncClient and coroutines as handlers, ``driver.py`` Client and functions.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
import aion
from aion._values import seconds

ASYNC = sys.argv[1:] == ["async"]
LOOP = asyncio.new_event_loop()


class Script:
    """What the handlers of all workers have seen, and the gates that hold them up."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.attempts: list[dict[str, Any]] = []
        self.gates: set[str] = set()

    def open(self, name: str) -> None:
        with self.changed:
            self.gates.add(name)
            self.changed.notify_all()

    def wait_for(self, count: int, ended: bool) -> dict[str, Any]:
        with self.changed:
            def found() -> list[dict[str, Any]]:
                return [dict(a) for a in self.attempts if not ended or "ended" in a]
            self.changed.wait_for(lambda: len(found()) >= count)
            return {"attempts": sorted(found(), key=lambda a: a["attempt"])}

    def begin(self, a: aion.Attempt) -> dict[str, Any]:
        seen = {"activity": a.activity, "attempt": a.number, "input": a.input, "details": a.details, "key": a.key, "run": a.run_id, "activity_id": a.activity_id, "token": a.token}
        with self.changed:
            self.attempts.append(seen)
            self.changed.notify_all()
        return seen

    def end(self, seen: dict[str, Any], how: str) -> None:
        with self.changed:
            seen["ended"] = how
            self.changed.notify_all()


script = Script()


def act(name: str, value: Any, a: aion.Attempt) -> tuple[bool, Any]:
    """Does what needs no wait. True: the handler returns that."""
    if name == "return":
        return True, value
    if name == "return_input":
        return True, a.input
    if name == "return_details":
        return True, a.details
    if name == "fail":
        raise aion.Failure(value["message"], kind=value.get("kind", "failed"), retryable=value["retryable"], details=value.get("details"))
    if name == "later":
        raise aion.Later
    if name == "raise":
        raise ArithmeticError(value)
    if name == "heartbeat":
        a.heartbeat(value)
        return False, None
    raise NotImplementedError(name)


def ending(e: BaseException, a: aion.Attempt) -> str:
    return "later" if isinstance(e, aion.Later) else a.cause or "failed"


def start_options(w: dict[str, Any]) -> dict[str, Any]:
    more = {name: w[name] for name in ("input", "attributes", "if_open", "if_closed", "delay", "chain_timeout") if name in w}
    if "signal" in w:
        more |= {"signal": w["signal"]["name"], **({"signal_payload": w["signal"]["payload"]} if "payload" in w["signal"] else {})}
    if "retry" in w:
        more["retry"] = aion.Retry(**w["retry"])
    return more


def handler(scripts: list[list[dict[str, Any]]]) -> Any:
    """A handler that does one thing of the script after the other."""

    def play(_: Any, a: aion.Attempt) -> Any:
        seen = script.begin(a)
        how = "returned"
        try:
            for one in scripts[min(a.number, len(scripts)) - 1]:
                for name, value in one.items():
                    if name == "until_over":
                        a.wait()
                    elif name == "gate":
                        while value not in script.gates:
                            a.wait(0.02)
                    else:
                        over, out = act(name, value, a)
                        if over:
                            return out
        except BaseException as e:
            how = ending(e, a)
            raise
        finally:
            script.end(seen, how)

    async def aplay(_: Any, a: aion.Attempt) -> Any:
        seen = script.begin(a)
        how = "returned"
        try:
            for one in scripts[min(a.number, len(scripts)) - 1]:
                for name, value in one.items():
                    if name == "until_over":
                        await asyncio.sleep(3600)
                    elif name == "gate":
                        while value not in script.gates:
                            await asyncio.sleep(0.02)
                    else:
                        over, out = act(name, value, a)
                        if over:
                            return out
        except BaseException as e:
            how = ending(e, a)
            raise
        finally:
            script.end(seen, how)

    return aplay if ASYNC else play


class Driver:
    def __init__(self) -> None:
        self.client: Any = None
        self.workers: dict[str, tuple[aion.Worker, threading.Thread, list[BaseException]]] = {}

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if not ASYNC:
            return getattr(self.client, name)(*args, **kwargs)
        return asyncio.run_coroutine_threadsafe(getattr(self.client, name)(*args, **kwargs), LOOP).result()

    def all(self, name: str, *args: Any, **kwargs: Any) -> list[Any]:
        if not ASYNC:
            return list(getattr(self.client, name)(*args, **kwargs))

        async def collect() -> list[Any]:
            return [x async for x in getattr(self.client, name)(*args, **kwargs)]
        return asyncio.run_coroutine_threadsafe(collect(), LOOP).result()

    def events(self, w: dict[str, Any]) -> dict[str, Any]:
        """Reads the stream until so many different events have come."""
        events: list[dict[str, Any]] = []
        last = 0

        def take(e: aion.StreamEvent) -> bool:
            nonlocal last
            last = max(last, e.id)
            if (one := {"name": e.name, "data": e.data}) not in events:
                events.append(one)
            return len(events) >= w["count"]

        async def collect() -> None:
            async with contextlib.aclosing(self.client.events(w.get("names", ()), after=w.get("after"))) as stream:
                async for e in stream:
                    if take(e):
                        return
        if ASYNC:
            asyncio.run_coroutine_threadsafe(collect(), LOOP).result()
        else:
            for e in self.client.events(w.get("names", ()), after=w.get("after")):
                if take(e):
                    break
        return {"events": events, "last": last}

    def do(self, do: str, w: dict[str, Any]) -> Any:
        key = {"request_id": w["request_id"]} if "request_id" in w else {}
        if do == "open":
            options = {"namespace": w["namespace"], "token": w["token"] or None, "ca_file": w["ca_file"] or None, "patience": seconds(w["patience"])}
            self.client = (aion.AsyncClient if ASYNC else aion.Client)(w["addresses"], **options)
            return {}
        if do == "start":
            wait = {"wait": w["wait"]} if "wait" in w else {}
            return self.call("start", w["type"], workflow_id=w.get("id"), **start_options(w), **wait, **key).raw
        if do == "start_many":
            return {"results": [r.raw for r in self.call("start_many", [aion.Start(s["type"], workflow_id=s.get("workflow_id"), **start_options(s)) for s in w["starts"]], **key)]}
        if do == "result":
            return self.call("outcome", w["id"], wait=w.get("wait", 0)).raw
        if do == "describe":
            return self.call("describe", w["id"]).raw
        if do == "history":
            return {"types": [e.type for e in self.all("history", w["id"], follow=True)]}
        if do == "list":
            return {"ids": [r.workflow_id for r in self.all("runs", type=w["type"], page_size=2)]}
        if do == "signal":
            return self.call("signal", w["id"], w["name"], *([w["payload"]] if "payload" in w else []), **key)
        if do == "query":
            return {"result": self.call("query", w["id"], w["name"], *([w["args"]] if "args" in w else []))}
        if do == "update":
            return self.call("update", w["id"], w["name"], *([w["args"]] if "args" in w else []), update_id=w.get("update_id"), wait=w.get("wait", 0), **key).raw
        if do in ("cancel", "terminate", "pause", "reopen"):
            return self.call(do, w["id"], w.get("reason", ""), **key)
        if do == "resume":
            return self.call(do, w["id"], **key)
        if do == "reset":
            return self.call("reset", w["id"], to=w.get("to"), reason=w.get("reason", ""), **key)
        if do == "fork":
            return self.call("fork", w["id"], w["as"], to=w.get("to"), **key)
        if do == "stop_type":
            return self.call("stop", type=w["type"], reason=w.get("reason"), **key)
        if do == "unstop_type":
            return self.call("unstop", type=w["type"], resume=w.get("resume", False), **key)
        if do == "stops":
            return {"stops": self.call("stops")}
        if do == "start_batch":
            return {"batch_id": self.call("start_batch", w["operation"], w["where"], reason=w.get("reason"), **key)}
        if do == "batch":
            while (b := self.call("batch", w["batch"]))["status"] == "running":
                time.sleep(0.02)
            return b
        if do == "events":
            return self.events(w)
        if do == "later":
            return self.call("defer", w["task"], **key).raw
        if do in ("complete_activity", "fail_activity", "heartbeat_activity"):
            more = {name: w[name] for name in ("output", "message", "kind", "retryable", "details", "attempt") if name in w}
            return self.call(do, w["run"], w["activity"], **more, **key)
        if do == "poll":
            tasks = self.call("poll", w["queue"], w["activities"], max_tasks=w.get("max", 1), wait=w.get("wait", 0), lease=w["lease"], **key)
            return {"tasks": [t.raw for t in tasks]}
        if do == "complete":
            return self.call("complete", w["task"], w["output"], **key).raw
        if do == "fail":
            details = {"details": w["details"]} if "details" in w else {}
            return self.call("fail", w["task"], w["message"], kind=w.get("kind"), retryable=w["retryable"], **details, **key).raw
        if do == "heartbeat":
            return self.call("heartbeat", w["task"], *([w["details"]] if "details" in w else [])).raw
        if do == "release":
            return self.call("release", w["task"], **key).raw
        if do == "worker":
            more = {name: w[name] for name in ("lease", "drain", "concurrency") if name in w}
            worker = aion.Worker(self.client, queue=w["queue"], id=w["name"], wait=2, **more)
            for name, scripts in w["activities"].items():
                worker.handle(name, handler(scripts))
            errors: list[BaseException] = []

            def run() -> None:
                try:
                    asyncio.run(worker.run_async()) if ASYNC else worker.run()
                except BaseException as e:
                    errors.append(e)
            thread = threading.Thread(target=run, daemon=True)
            thread.start()
            self.workers[w["name"]] = (worker, thread, errors)
            return {}
        if do == "stop":
            worker, thread, errors = self.workers[w["name"]]
            worker.stop()
            thread.join()
            if errors:
                raise errors[0]
            return vars(worker.stats)
        if do == "open_gate":
            script.open(w["name"])
            return {}
        if do in ("began", "ended"):
            return script.wait_for(w["count"], do == "ended")
        raise ValueError(f"there is no step {do!r}")


def answer(driver: Driver, step: dict[str, Any], writing: threading.Lock) -> None:
    try:
        reply: dict[str, Any] = {"ok": driver.do(step["do"], step.get("with") or {})}
    except aion.Problem as p:
        reply = {"error": {"code": p.code, "outcome": p.outcome, "detail": p.detail, **({"request_id": p.facts["request_id"]} if "request_id" in p.facts else {})}}
        assert {"rejected": aion.Rejected, "retry": aion.TryAgain, "unknown": aion.OutcomeUnknown}[p.outcome] is type(p)
    except Exception as e:
        reply = {"error": {"code": "error", "detail": repr(e)}}
    with writing:
        print(json.dumps({"id": step["id"], **reply}), flush=True)


def main() -> None:
    threading.Thread(target=LOOP.run_forever, daemon=True).start()
    driver, writing = Driver(), threading.Lock()
    for line in sys.stdin:
        threading.Thread(target=answer, args=(driver, json.loads(line), writing), daemon=True).start()


if __name__ == "__main__":
    main()
