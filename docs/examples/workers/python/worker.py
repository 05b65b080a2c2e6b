#!/usr/bin/env python3
"""A worker for the activities of all examples, in Python's standard library: the protocol needs no SDK.

    python3 docs/examples/workers/python/worker.py --addr 127.0.0.1:7600

Four calls make a worker: poll takes tasks, heartbeat keeps them, complete and fail say what came of them. Whoever is silent for longer than the lease
loses the task to another worker, and what it says later is refused without effect. docs/WORKERS.md tells the rest.
"""
import argparse, datetime, http.client, json, os, re, signal, sys, threading, time, urllib.error, urllib.request, uuid
from concurrent.futures import ThreadPoolExecutor

parser = argparse.ArgumentParser(description="carries out the activities of the examples")
parser.add_argument("--addr", default=os.environ.get("AION_ADDR", "127.0.0.1:7600"), help="nodes, HOST:PORT separated by commas")
parser.add_argument("--queue", default="default")
parser.add_argument("--id", default=f"python-{os.getpid()}")
parser.add_argument("--concurrency", type=int, default=20)
parser.add_argument("--lease", default="30s", help="a silence after which another worker takes over")
parser.add_argument("--pace", default="200ms", help="how long a piece of pretended work takes")
parser.add_argument("--ledger", help="append each effect to this file")
args = parser.parse_args()


def seconds(duration):
    """A duration as Go writes it, such as 1m30s or 200ms."""
    unit = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
    return sum(float(n) * unit[u] for n, u in re.findall(r"([\d.]+)(ms|h|m|s)", duration))


# --- Calling the cluster -------------------------------------------------------------------------------------------------------------------

class Refused(Exception):
    """A node understood the call and said no: saying it again would not help."""


nodes = args.addr.split(",")


def call(path, body, patience, wait=0):
    """Any node serves any call. One that was not answered is repeated under the same key, elsewhere too: it has one effect, and that one's answer."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex, "Aion-Request-Generated": "true"}
    if "AION_TOKEN" in os.environ:
        headers["Authorization"] = "Bearer " + os.environ["AION_TOKEN"]
    data = json.dumps(body, allow_nan=False).encode()  # NaN and Infinity are no JSON
    until = time.monotonic() + patience
    for n in range(10**9):
        try:
            request = urllib.request.Request(f"http://{nodes[n % len(nodes)]}{path}", data, headers)
            with urllib.request.urlopen(request, timeout=wait + 10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as e:
            problem = json.load(e)
            if problem["outcome"] == "rejected":
                raise Refused(problem["detail"])
            trouble = problem["detail"]
        except (OSError, http.client.HTTPException, ValueError) as e:
            trouble = e
        if time.monotonic() > until:
            raise ConnectionError(f"{path}: {trouble}")
        time.sleep(0.1)


# --- A task in hand ------------------------------------------------------------------------------------------------------------------------

class Failure(Exception):
    def __init__(self, kind, message, retryable=False):
        super().__init__(message)
        self.kind, self.retryable = kind, retryable


class Over(Exception):
    """The task is somebody else's by now, or nobody wants it any more."""


class Attempt:
    def __init__(self, task):
        self.task, self.input, self.over, self.details = task, task["input"], threading.Event(), None

    def work(self):
        if self.over.wait(seconds(args.pace)):
            raise Over()

    def write(self, what):
        """Appends a line to the ledger: what the attempt does to the world."""
        if ledger is None:
            return
        names = ("activity", "workflow_id", "run_id", "activity_id", "attempt", "input")
        at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        line = {"at": at, "worker": args.id, "what": what, **{name: self.task[name] for name in names}}
        os.write(ledger, (json.dumps(line) + "\n").encode())

    def beat(self):
        token = {"token": self.task["token"]}
        return token if self.details is None else {**token, "details": self.details}


ledger = os.open(args.ledger, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o644) if args.ledger else None
held = {}  # by token
slots = threading.Semaphore(args.concurrency)


def keep():
    """Says every third of the shortest lease that the tasks in hand are in hand, all in one call."""
    while True:
        attempts = list(held.values())
        lease = min([seconds(a.task["lease"]) for a in attempts] or [seconds(args.lease)])
        if attempts:
            try:
                for reply in call("/v1/tasks/heartbeat", {"tokens": [a.beat() for a in attempts]}, lease / 3)["results"]:
                    if not reply["ok"] or reply["cancel_requested"]:
                        if reply["token"] in held:
                            held[reply["token"]].over.set()
            except (Refused, ConnectionError) as e:
                print("heartbeat:", e, file=sys.stderr)
        time.sleep(min(lease / 3, 0.3))  # soon: a task with a short lease may have come


def carry_out(attempt):
    token = attempt.task["token"]
    try:
        attempt.write("begin")
        attempt.work()
        verb, result = "complete", {"token": token, "output": activities[attempt.task["activity"]](attempt, attempt.input)}
        json.dumps(result, allow_nan=False)  # an output that is no JSON is the attempt's failure
    except Over:
        verb = None
    except Failure as e:
        verb, result = "fail", {"token": token, "kind": e.kind, "message": str(e), "retryable": e.retryable}
    except Exception as e:
        verb, result = "fail", {"token": token, "message": repr(e), "retryable": True}
    try:
        if verb == "fail" and attempt.details is not None:
            call("/v1/tasks/heartbeat", {"tokens": [attempt.beat()]}, 10)  # the next attempt goes on from there
        if verb:
            reply = call(f"/v1/tasks/{verb}", {"results": [result]}, 2 * seconds(args.lease))["results"][0]
            if not reply["ok"]:
                print(f"{verb}: {reply['code']}: {reply['detail']}", file=sys.stderr)
    except (Refused, ConnectionError) as e:
        print(f"{verb}:", e, file=sys.stderr)
    finally:
        del held[token]
        slots.release()


def main():
    def stop(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=keep, daemon=True).start()
    with ThreadPoolExecutor(args.concurrency) as pool:  # at the end it waits for what is in hand
        try:
            while True:
                slots.acquire()
                free = 1
                while free < 1000 and slots.acquire(blocking=False):
                    free += 1
                ask = {"worker_id": args.id, "activities": sorted(activities), "max_tasks": free, "wait": "20s", "lease": args.lease}
                try:
                    tasks = call(f"/v1/queues/{args.queue}/poll", ask, 10, wait=20)["tasks"]
                except ConnectionError as e:
                    print("poll:", e, file=sys.stderr)
                    tasks = []
                for _ in range(free - len(tasks)):
                    slots.release()
                for task in tasks:
                    held[task["token"]] = Attempt(task)
                    pool.submit(carry_out, held[task["token"]])
        except KeyboardInterrupt:
            pass


# --- The activities: the same as in ../go/activities.go ------------------------------------------------------------------------------------

def reserve_stock(attempt, order):
    if order["item"] == "popular" and attempt.task["attempt"] < 3:
        raise Failure("busy", "the warehouse is busy", retryable=True)
    if order["item"] == "unobtainium":
        raise Failure("out_of_stock", "there is no unobtainium")
    attempt.write("effect")
    return {"reservation": order["order"] + "/stock"}


def charge_card(attempt, order):
    if order["card"] == "declined":
        raise Failure("card_declined", "the bank says no")
    attempt.write("effect")
    return {"charge": order["order"] + "/charge"}


def ship_order(attempt, order):
    if order["address"] == "nowhere":
        raise Failure("no_such_address", "nobody lives nowhere")
    attempt.write("effect")
    return {"parcel": order["order"] + "/parcel"}


def process_item(attempt, item):
    if item["pages"] < 0:
        raise Failure("bad_item", f"it has {item['pages']} pages")
    for page in range(attempt.task.get("details") or 0, item["pages"]):
        attempt.work()
        attempt.details = page + 1  # travels with the next heartbeat
    attempt.write("effect")
    return {"id": item["id"], "words": 100 * item["pages"]}


def charge_subscription(attempt, charge):
    if charge["customer"] == "broke" and charge["period"] > 4:
        raise Failure("card_declined", "the bank says no")
    attempt.write("effect")
    return {"receipt": f"{charge['customer']}/{charge['period']}"}


def withdraw(attempt, movement):
    if movement["account"] == "broke":
        raise Failure("insufficient_funds", "there is nothing on it")
    attempt.write("effect")
    return {"movement": movement["transfer"]}


def deposit(attempt, movement):
    if movement["account"] == "closed":
        raise Failure("account_closed", "there is no such account any more")
    attempt.write("effect")
    return {"movement": movement["transfer"]}


def start_job(attempt, job):
    attempt.write("effect")
    return {"id": job["job"]}


def check_job(attempt, asked):
    if asked["job"] == "lost":
        raise Failure("unknown_job", "nobody knows of it")
    attempt.write("effect")
    return {"state": "running" if asked["job"] == "endless" or asked["question"] < 2 else "done"}


def effect(attempt, _):
    attempt.write("effect")


activities = {
    "reserve_stock": reserve_stock, "release_stock": effect, "charge_card": charge_card, "refund_card": effect, "ship_order": ship_order,
    "process_item": process_item, "notify": effect, "charge_subscription": charge_subscription,
    "withdraw": withdraw, "deposit": deposit, "start_job": start_job, "check_job": check_job, "stop_job": effect,
}

if __name__ == "__main__":
    main()
