#!/usr/bin/env python3
"""A worker for the activities of all examples, with the SDK of sdk/python.

    python3 docs/examples/workers/python-sdk/worker.py --addr 127.0.0.1:7600

The same as ../go and ../python do. The systems behind are pretended: an effect is a line in the ledger (--ledger FILE, appended).
"""
import argparse, datetime, json, os, sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "sdk" / "python" / "src"))  # `pip install ./sdk/python` makes this line superfluous
import aion
from aion import Attempt, Failure, activity

parser = argparse.ArgumentParser(description="carries out the activities of the examples")
parser.add_argument("--addr", default=os.environ.get("AION_ADDR", "127.0.0.1:7600"), help="nodes, HOST:PORT separated by commas")
parser.add_argument("--queue", default="default")
parser.add_argument("--id", default=f"python-{os.getpid()}")
parser.add_argument("--concurrency", type=int, default=20)
parser.add_argument("--lease", default="30s", help="a silence after which another worker takes over")
parser.add_argument("--pace", default="200ms", help="how long a piece of pretended work takes")
parser.add_argument("--ledger", help="append each effect to this file")
args = parser.parse_args()
pace = float(args.pace.removesuffix("ms")) / 1000

ledger = os.open(args.ledger, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o644) if args.ledger else None


def write(attempt: Attempt, what: str) -> None:
    """Appends a line to the ledger: what the attempt does to the world."""
    if ledger is not None:
        names = ("activity", "workflow_id", "run_id", "activity_id", "input")
        at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        line = {"at": at, "worker": args.id, "what": what, "attempt": attempt.number, **{name: getattr(attempt, name) for name in names}}
        os.write(ledger, (json.dumps(line) + "\n").encode())


def begin(attempt: Attempt) -> None:
    write(attempt, "begin")
    attempt.wait(pace)


def step(function):
    """An activity of one effect, which takes a while: the function says what comes of it, or raises why there is none."""

    @activity(name=function.__name__)
    def carry_out(given, attempt):
        begin(attempt)
        answer = function(given, attempt)
        write(attempt, "effect")
        return answer

    return carry_out


@step
def reserve_stock(order, attempt):
    if order["item"] == "popular" and attempt.number < 3:
        raise Failure("the warehouse is busy", kind="busy", retryable=True)
    if order["item"] == "unobtainium":
        raise Failure("there is no unobtainium", kind="out_of_stock")
    return {"reservation": order["order"] + "/stock"}


@step
def charge_card(order, _):
    if order["card"] == "declined":
        raise Failure("the bank says no", kind="card_declined")
    return {"charge": order["order"] + "/charge"}


@step
def ship_order(order, _):
    if order["address"] == "nowhere":
        raise Failure("nobody lives nowhere", kind="no_such_address")
    return {"parcel": order["order"] + "/parcel"}


@step
def process_item(item, attempt):
    if item["pages"] < 0:
        raise Failure(f"it has {item['pages']} pages", kind="bad_item")
    for page in range(attempt.details or 0, item["pages"]):  # where the attempt before had come to
        attempt.wait(pace)
        attempt.heartbeat(page + 1)
    return {"id": item["id"], "words": 100 * item["pages"]}


@step
def charge_subscription(charge, _):
    if charge["customer"] == "broke" and charge["period"] > 4:
        raise Failure("the bank says no", kind="card_declined")
    return {"receipt": f"{charge['customer']}/{charge['period']}"}


@step
def withdraw(movement, _):
    if movement["account"] == "broke":
        raise Failure("there is nothing on it", kind="insufficient_funds")
    return {"movement": movement["transfer"]}


@step
def deposit(movement, _):
    if movement["account"] == "closed":
        raise Failure("there is no such account any more", kind="account_closed")
    return {"movement": movement["transfer"]}


@step
def start_job(job, _):
    return {"id": job["job"]}


@step
def check_job(asked, _):
    if asked["job"] == "lost":
        raise Failure("nobody knows of it", kind="unknown_job")
    return {"state": "running" if asked["job"] == "endless" or asked["question"] < 2 else "done"}


def effects(*names):
    """Activities whose effect is all that there is to them."""
    return [aion.Activity(name, step(lambda _, attempt: None).function) for name in names]


if __name__ == "__main__":
    client = aion.Client(args.addr, token=os.environ.get("AION_TOKEN"))
    aion.Worker(client, queue=args.queue, id=args.id, concurrency=args.concurrency, lease=args.lease,
                activities=[reserve_stock, charge_card, ship_order, process_item, charge_subscription, withdraw, deposit, start_job, check_job,
                            *effects("release_stock", "refund_card", "notify", "stop_job")]).run()
