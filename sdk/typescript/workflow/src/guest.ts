// The run's code, seen from inside: who waits under which token, and whether code may ask for something now. One memory
// holds one run, so all of it is the run's own.
import { Failure } from "./errors";
import { room, type Record } from "./room";

export const guest = {
  /** The run has begun. While modules are loaded it has not. */
  begun: false,
  /** The room wants to be told where code is. */
  traced: false,
  /** What runs, if it may only read: "a query handler". */
  reads: "",
  /** Code knows that the run is to be cancelled. */
  known: false,
};

/** Code may ask, and nobody wants to know where it is: there is no more to do than to ask. */
export let plain = false;

/** Says what runs, if it may only read; "" = it may ask for what it likes. */
export function reading(what: string): void {
  guest.reads = what;
  plain = what === "" && guest.begun && !guest.traced;
}

/** A mistake in how code calls this package. */
export function misuse(message: string): Failure {
  return new Failure("failed", message);
}

/** Is called before code asks the room for something that changes the run, unless it is plain. stack is where it does so, if not here. */
export function ask(stack?: string): void {
  if (guest.reads !== "") {
    throw misuse(`${guest.reads} only reads: it cannot start, wait, send, draw random numbers or change the run`);
  }
  if (!guest.begun) {
    throw misuse("there is no run yet: modules are loaded once for all runs; do this in the workflow function");
  }
  if (guest.traced) {
    room.at(stack ?? new Error().stack ?? "");
  }
}

/** Modes of waiting. */
export const enum Mode { one, all, race, settled, any, idle }

/** Code that waits. */
export interface Waiter {
  /**
   * Its wait is over. If it waited for one future, at is the state of that, and told the value or the record of the error; else at
   * is the position of the one that decided, or -1. It may return the ordinal of a future that it waits for next, if nobody is
   * alone, and it has done nothing since that was to be told.
   */
  over(at: number, told: unknown): number | undefined;
}

/** Who waits under token 0, which is most often the only one, and those under the others. A token that is free has the next one that is. */
export let alone: Waiter | undefined;
const waits: (Waiter | number)[] = [0];
let next = 1;

/** What room.wait returns if the wait is not over. */
export const later = -2;

/** Waits for futures: one ordinal, or several with commas between. Returns the position of the one that decided, or -1, if that is so already; else calls over, later. stack is where what is waited for was asked for. */
export function wait(mode: number, ids: number | string, waiter: Waiter, stack?: string): number | undefined {
  if (!plain) {
    ask(stack);
  }
  if (alone === undefined) {
    const at = room.wait(0, mode, ids);
    if (at !== later) {
      return at;
    }
    alone = waiter;
    return undefined;
  }
  const at = room.wait(next, mode, ids);
  if (at !== later) {
    return at;
  }
  const token = next;
  next = token < waits.length ? waits[token] as number : token + 1;
  waits[token] = waiter;
  return undefined;
}

/** Lets the code go on whose wait is over. Returns the ordinal of a future that is waited for next, under token 0, by whoever has called this. */
export function resume(token: number, at: number, told: unknown): number | undefined {
  let waiter: Waiter;
  if (token === 0) {
    waiter = alone!;
    alone = undefined;
  } else {
    waiter = waits[token] as Waiter;
    waits[token] = next;
    next = token;
  }
  const id = waiter.over(at, told);
  if (id !== undefined) {
    alone = waiter;
  }
  return id;
}

/** Says whether a value is waited for, as `await` does. Data may have a member "then", too. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** Writes a payload. Undefined is none, which means null. what says what it is, of an activity if that is given. */
export function encode(what: string, value: unknown, activity?: { name: string }): string {
  if (typeof value === "number" && value - value === 0) {
    return String(value); // which is the same, in a third of the time
  }
  if (value === undefined) {
    return "";
  }
  payload(what, value);
  try {
    return JSON.stringify(value) ?? ""; // toJSON may return nothing
  } catch (e) {
    throw e instanceof Failure ? e : misuse(`${activity === undefined ? what : `activity ${activity.name}`}: ${(e as Error).message}`);
  }
}

/** Refuses what JSON would leave out of a record without a word. */
export function payload(what: string, value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") {
    throw misuse(`${what}: a ${typeof value} is no JSON value`);
  }
  return value;
}

/** Reads a payload. */
export function decode(text: string): unknown {
  return text === "" ? undefined : JSON.parse(text);
}

/** Writes a record. what says what its values are. */
export function encodeRecord(what: string, record: Record): string {
  try {
    return JSON.stringify(record);
  } catch (e) {
    throw misuse(`${what}: ${(e as Error).message}`);
  }
}
