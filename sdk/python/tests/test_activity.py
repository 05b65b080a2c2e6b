"""Handlers without a node."""

import asyncio
import threading
import time
import unittest
from dataclasses import dataclass

import aion
from aion.testing import ActivityRun


@dataclass
class Card:
    number: str
    amount: int = 1


@aion.activity
def double(n: int) -> int:
    return 2 * n


@aion.activity(name="charge-card")
def charge(card: Card, attempt: aion.Attempt) -> dict[str, object]:
    return {"key": attempt.key, "number": card.number, "amount": card.amount}


def pages(count: int, attempt: aion.Attempt) -> int:
    for page in range(attempt.details or 0, count):
        attempt.heartbeat(page + 1)
    return count


async def slow(_: object, attempt: aion.Attempt) -> str:
    await asyncio.sleep(0)
    return aion.current().activity


class Handlers(unittest.TestCase):
    def test_names(self) -> None:
        self.assertEqual((double.name, charge.name, double(4)), ("double", "charge-card", 8))

    def test_arguments(self) -> None:
        self.assertEqual(ActivityRun(double, 3).result(), 6)
        self.assertEqual(ActivityRun(charge, {"number": "4242"}).result(), {"key": "test-run:1", "number": "4242", "amount": 1})
        self.assertEqual(ActivityRun(slow).result(), "slow")
        self.assertEqual(ActivityRun(lambda: "nothing").result(), "nothing")

    def test_an_input_that_does_not_fit(self) -> None:
        for wrong in ({"number": "1", "colour": "red"}, {}, None, 5):
            with self.assertRaises(aion.Failure) as e:
                ActivityRun(charge, wrong).result()
            self.assertEqual((e.exception.kind, e.exception.retryable), ("invalid_input", False))

    def test_too_many_arguments(self) -> None:
        with self.assertRaises(TypeError):
            aion.Worker("127.0.0.1:1").handle("x", lambda a, b, c: None)

    def test_details(self) -> None:
        run = ActivityRun(pages, 4, attempt=2, details=2)
        self.assertEqual((run.result(), run.heartbeats), (4, [3, 4]))

    def test_details_that_are_too_large(self) -> None:
        with self.assertRaises(ValueError):
            ActivityRun(lambda _, attempt: attempt.heartbeat("x" * 70_000)).result()

    def test_over(self) -> None:
        for cause, error in (("cancelled", aion.Cancelled), ("lease_lost", aion.LeaseLost), ("timeout", aion.TimedOut), ("stopped", aion.Stopped)):
            def wait(_: object, attempt: aion.Attempt) -> None:
                attempt.wait(60)

            run = ActivityRun(wait)
            threading.Timer(0.01, run.end, [cause]).start()
            began = time.monotonic()
            with self.assertRaises(error):
                run.result()
            self.assertLess(time.monotonic() - began, 30)
            self.assertEqual(run.attempt.cause, cause)
            with self.assertRaises(error):
                run.attempt.heartbeat(1)

    def test_current_is_for_handlers(self) -> None:
        with self.assertRaises(RuntimeError):
            aion.current()
