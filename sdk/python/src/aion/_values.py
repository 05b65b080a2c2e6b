"""Values as they travel: JSON, durations, times."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any, Union

Duration = Union[float, int, timedelta, str]
"""Seconds, a timedelta, or text as Go writes it, such as ``1m30s``."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Any = _Absent()
"""No value at all, where ``None`` is the value null."""


def encode(value: Any) -> bytes:
    """One JSON value. NaN and Infinity are no JSON, and raise ValueError."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_default).encode()


def _default(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    raise TypeError(f"a {type(value).__name__} is not JSON")


def seconds(duration: Duration) -> float:
    """A duration in seconds."""
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if isinstance(duration, str):
        if duration == "0":
            return 0.0
        sign, text = (-1.0, duration[1:]) if duration.startswith("-") else (1.0, duration.removeprefix("+"))
        if not re.fullmatch(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)((\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns))*", text):
            raise ValueError(f"{duration!r} is not a duration such as 1m30s")
        units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}
        return sign * sum(float(n) * units[u] for n, u in re.findall(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)", text))
    return float(duration)


def go_duration(duration: Duration) -> str:
    """A duration as Go reads it."""
    if isinstance(duration, str):
        seconds(duration)
        return duration
    return f"{seconds(duration):.9f}".rstrip("0").rstrip(".") + "s"


def parse_time(text: str | None) -> datetime | None:
    """A time in RFC 3339. Python knows microseconds; what is finer is cut."""
    if not text:
        return None
    m = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text)
    if not m:
        raise ValueError(f"{text!r} is not a time")
    base = datetime.fromisoformat(m[1] + ("+00:00" if m[3] == "Z" else m[3]))
    return base.replace(microsecond=int((m[2] or "0")[:6].ljust(6, "0"))).astimezone(timezone.utc)


def format_time(t: datetime) -> str:
    """A time in RFC 3339. A time without a zone is this machine's."""
    return t.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
