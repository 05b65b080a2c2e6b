"""Durations, times and JSON."""

import unittest
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from aion._values import encode, format_time, go_duration, parse_time, seconds


class Durations(unittest.TestCase):
    def test_read(self) -> None:
        for text, want in {"1m30s": 90, "200ms": 0.2, "0s": 0, "0": 0, "1h0.5s": 3600.5, "-2s": -2, "1.5h": 5400, "3µs": 3e-6, ".5s": 0.5}.items():
            self.assertAlmostEqual(seconds(text), want, msg=text)
        self.assertEqual(seconds(timedelta(minutes=1)), 60)

    def test_refused(self) -> None:
        for text in ("", "5", "s", "1 s", "1d", "1m 3s", "1e3s"):
            with self.assertRaises(ValueError, msg=text):
                seconds(text)

    def test_written(self) -> None:
        for value, want in ((1, "1s"), (0.2, "0.2s"), (90.0, "90s"), (100, "100s"), ("1m", "1m"), (1e-6, "0.000001s"), (timedelta(hours=1), "3600s"), (0, "0s")):
            self.assertEqual(go_duration(value), want)


class Times(unittest.TestCase):
    def test_read(self) -> None:
        want = datetime(2026, 3, 1, 12, 0, 0, 123456, timezone.utc)
        for text in ("2026-03-01T12:00:00.123456789Z", "2026-03-01T13:00:00.123456+01:00"):
            self.assertEqual(parse_time(text), want)
        self.assertEqual(parse_time("2026-03-01T12:00:00.5Z"), want.replace(microsecond=500_000))
        self.assertIsNone(parse_time(None))
        self.assertEqual(parse_time(format_time(want)), want)


@dataclass
class Order:
    id: int
    note: str


class Json(unittest.TestCase):
    def test_written(self) -> None:
        self.assertEqual(encode({"a": [None, True, 1, 1.5, "ä"]}), '{"a":[null,true,1,1.5,"ä"]}'.encode())
        self.assertEqual(encode(Order(1, "x")), b'{"id":1,"note":"x"}')
        self.assertEqual(encode(2**70), b"1180591620717411303424")

    def test_refused(self) -> None:
        for value in (float("nan"), float("inf"), {1, 2}, object(), "\ud800"):
            with self.assertRaises((ValueError, TypeError)):
                encode(value)
