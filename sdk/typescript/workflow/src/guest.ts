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

/** A mistake in how code calls this package. */
export function misuse(message: string): Failure {
  return new Failure("failed", message);
}

/** Is called before code asks the room for something that changes the run. stack is where it does so, if not here. */
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
export const Mode = { one: 0, all: 1, race: 2, settled: 3, any: 4, idle: 5 } as const;

const waits = new Map<number, (at: number) => void>();
let tokens = 0;

/** Waits for futures. Returns the position of the one that decided, or -1, if that is so already; else calls over with it, later. stack is where what is waited for was asked for. */
export function wait(mode: number, ids: readonly number[], over: (at: number) => void, stack?: string): number | undefined {
  ask(stack);
  const token = ++tokens;
  const at = room.wait(token, mode, ids.length === 1 ? String(ids[0]) : ids.join(","));
  if (at !== -2) {
    return at;
  }
  waits.set(token, over);
  return undefined;
}

/** Lets the code go on whose wait is over. */
export function resume(token: number, at: number): void {
  const over = waits.get(token);
  waits.delete(token);
  over?.(at);
}

/** Says whether a value is waited for, as `await` does. Data may have a member "then", too. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** Writes a payload. Undefined is none, which means null. */
export function encode(what: string, value: unknown): string {
  if (value === undefined) {
    return "";
  }
  try {
    return JSON.stringify(payload(what, value)) ?? ""; // toJSON may return nothing
  } catch (e) {
    throw e instanceof Failure ? e : misuse(`${what}: ${(e as Error).message}`);
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
