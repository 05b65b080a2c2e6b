// Time: that of the turn, and timers of the run.
import { type Duration, nanoseconds } from "./duration";
import { type Future, begin } from "./future";
import { timer } from "./report";
import { room } from "./room";

/** The time of the turn: it stands still until code has waited. `new Date()` and `Date.now()` are the same. */
export function now(): Date {
  return new Date(room.now());
}

/** Waits for that long, at most 100 years: `await sleep("10s")`. Without `await` it is a timer that has begun. */
export function sleep(duration: Duration): Future<void> {
  return begin(timer, `{"1":${nanoseconds("duration", duration)}}`);
}
