// Conditions: waits for what only the state of the code decides, so they are asked whenever something has happened to the run.
import { type Duration, nanoseconds } from "./duration";
import { TimedOut } from "./errors";
import { type Future, begin } from "./future";
import { ask, guest, isThenable, misuse, reading } from "./guest";
import { Kind } from "./report";
import { room } from "./room";

interface Condition {
  holds: () => boolean;
  future: Future<void>;
  over: boolean;
  failed?: { with: unknown };
}

/** Those that are waited for, in the order in which they were started. */
const open = new Set<Condition>();

/**
 * Waits until `holds()` is true: true; or false, if the time of a timeout ran out. It is asked whenever something has happened to
 * the run, and may only read.
 */
export async function condition(holds: () => boolean, timeout?: Duration): Promise<boolean> {
  ask();
  if (whileReading(() => evaluate(holds))) {
    return true;
  }
  const future = begin<void>({ kind: Kind.condition, name: "" }, timeout === undefined ? "{}" : `{"2":${nanoseconds("timeout", timeout)}}`);
  const c: Condition = { holds, future, over: false };
  open.add(c);
  try {
    const o = await future.outcome();
    if (c.failed !== undefined) {
      throw c.failed.with;
    }
    if (!o.ok && !(o.error instanceof TimedOut)) {
      throw o.error;
    }
    return o.ok;
  } finally {
    open.delete(c);
  }
}

/** Asks the conditions that do not hold yet, and tells the room those that do. */
export function check(): void {
  for (const c of [...open]) {
    if (c.over ||= c.future.done) {
      continue;
    }
    try {
      c.over = evaluate(c.holds);
    } catch (e) {
      c.over = true;
      c.failed = { with: e };
    }
    if (c.over) {
      room.holds(c.future.ordinal);
    }
  }
}

function evaluate(holds: () => boolean): boolean {
  const answer: unknown = holds();
  if (isThenable(answer)) {
    throw misuse("a condition returns a promise: it must say at once whether it holds");
  }
  return Boolean(answer);
}

function whileReading<T>(code: () => T): T {
  const before = guest.reads;
  reading("a condition");
  try {
    return code();
  } finally {
    reading(before);
  }
}
