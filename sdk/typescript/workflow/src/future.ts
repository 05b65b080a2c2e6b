// Futures stand for what code has started.
import { Mode, type Waiter, ask, guest, misuse, plain, wait } from "./guest";
import { type ErrorRecord, Kind, type Source, failureOf, timer } from "./report";
import { type Failure, TimedOut } from "./errors";
import { room } from "./room";
import { type CancellationScope, current, learn } from "./scope";

/** What became of something. */
export type Outcome<T> = { readonly ok: true; readonly value: T; readonly error?: undefined } | { readonly ok: false; readonly error: Failure; readonly value?: undefined };

/** One ordinal, and all below it, whose outcomes code knows. */
export let settledTo = 0;

/** The future that was started last, and its ordinal: it is what code awaits next, most often. */
export let latest: Future<unknown> | undefined, newest = 0;

/** Where those were started that code waits for, if somebody wants to know where code is. */
const started = new WeakMap<object, string>();

/** @internal States of futures that are done, as the room tells them. That time ran out is only a state of a wait for a signal here. */
export const succeeded = 1, failed = 2, late = 3;

/**
 * Something that code has started: it goes on by itself, and is waited for by `await`. Whoever awaits it waits for itself. What
 * nobody awaits fails nothing, and is cancelled when the run ends.
 */
export class Future<T> implements Promise<T> {
  // Each step of a run makes one, and a member costs as much as a call. So most of them have two, see begin; others are made
  // where they are not what the prototype says.
  declare readonly [Symbol.toStringTag]: string;
  /** @internal The number by which the history knows it. Below 0 once there is an outcome. */
  declare id: number;
  /** @internal The value or the error; until there is one, what the future stands for. */
  declare kept: unknown;
  /** @internal What became of it, if there is an outcome. */
  declare state: typeof succeeded | typeof failed | typeof late;
  /** @internal That of the code that started it, if it is not that of the run, until there is an outcome. */
  declare scope: CancellationScope | undefined;

  /** @internal The number by which the history knows it. */
  get ordinal(): number {
    return Math.abs(this.id);
  }

  /** @internal Unlike `instanceof`, never throws: code throws, and returns, what it likes. */
  static is(value: unknown): value is Future<unknown> {
    try {
      return value instanceof Future;
    } catch { // a proxy that was revoked
      return false;
    }
  }

  /** Whether there is an outcome. */
  get done(): boolean {
    return this.id < 0 || room.state(this.id) !== "";
  }

  /** Ends a timer or a wait at once, as Cancelled, and asks an activity or a child to end, as its `onCancel` says. */
  cancel(): void {
    ask();
    room.cancel(this.ordinal);
  }

  /** Waits, and tells what became of it. Never fails because of it. */
  outcome(): Promise<Outcome<T>> {
    return this.waiting((resolve) => resolve(this.now()!));
  }

  then<A = T, B = never>(fulfilled?: ((value: T) => A | PromiseLike<A>) | null, rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    return this.waiting<T>((resolve, reject) => this.give(resolve, reject)).then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(null, rejected);
  }

  finally(settled?: (() => void) | null): Promise<T> {
    return this.then().finally(settled);
  }

  /** A future is no value: whoever returns it in one has forgotten to await it. */
  toJSON(): never {
    throw misuse("a future is no JSON value: await it");
  }

  /** A promise that goes on when there is an outcome. */
  private waiting<R>(over: (resolve: (v: R) => void, reject: (e: unknown) => void) => void): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      try {
        if (!this.awaits({ over: (state, told) => { this.settle(state, told); over(resolve, reject); return undefined; } })) {
          over(resolve, reject);
        }
      } catch (e) {
        reject(e);
      }
    });
  }

  /** @internal Begins a wait; false if there is an outcome. */
  awaits(waiter: Waiter): boolean {
    if (this.id < 0) {
      return false;
    }
    if (guest.reads !== "" && this.now() !== undefined) {
      return false;
    }
    if (wait(Mode.one, this.id, waiter, plain ? undefined : started.get(this)) === undefined) {
      return true;
    }
    this.look();
    return false;
  }

  /** Asks the room for the outcome; false if there is none. */
  private look(): boolean {
    const told = room.state(this.id);
    if (told !== "") {
      this.settle(Number(told[0]), JSON.parse(told.slice(1)));
    }
    return told !== "";
  }

  /** @internal Keeps the outcome, as the room tells it: a value, or the record of an error. */
  settle(state: number, told: unknown): void {
    if (this.id < 0) {
      return; // others have waited for it, too
    }
    this.scope?.disown(this.id);
    if (this.id === settledTo + 1) {
      settledTo++;
    }
    const source = this.kept as Source, ordinal = this.id;
    this.id = -ordinal;
    if (state === succeeded) {
      this.kept = source === timer ? undefined : told;
      return;
    }
    const error = failureOf(source, ordinal, told as ErrorRecord);
    this.state = source.kind === Kind.signal && error instanceof TimedOut ? late : failed;
    this.kept = error;
    if (error.kind === "cancelled" || error.kind === "lease_lost") {
      learn(error);
    }
  }

  /** @internal Gives the value, or the error, of a future that is done. Errors are not thrown here: that would be their line. */
  give<R>(value: (v: T) => R, error: (e: unknown) => R): R {
    if (this.id > 0) {
      this.look();
    }
    if (this.state === succeeded) {
      return value(this.kept as T);
    }
    return this.state === late ? value(undefined as T) : error(this.kept);
  }

  /** @internal The outcome, if there is one. */
  now(): Outcome<T> | undefined {
    if (this.id > 0 && !this.look()) {
      return undefined;
    }
    return this.state === succeeded ? { ok: true, value: this.kept as T } : { ok: false, error: this.kept as Failure };
  }
}

Object.assign(Future.prototype, { state: succeeded, scope: undefined });
Object.defineProperty(Future.prototype, Symbol.toStringTag, { value: "Future", configurable: true });

const { prototype } = Future;
const { start } = room;

/**
 * Starts what a record says. A literal with a prototype costs half of what a call of a constructor does.
 */
export function begin<T>(source: Source, record: string): Future<T> {
  if (!plain || current !== undefined) {
    return beginWithin(source, record);
  }
  return latest = { __proto__: prototype, id: newest = start(source.kind, record), kept: source } as unknown as Future<T>;
}

/** Starts it in a scope, or where somebody wants to know where code is. */
function beginWithin<T>(source: Source, record: string): Future<T> {
  ask();
  if (current?.shielded === true && source.kind !== Kind.activity && source.kind !== Kind.child) {
    record = record === "{}" ? '{"8":"ignore"}' : record.slice(0, -1) + ',"8":"ignore"}';
  }
  const future = { __proto__: prototype, id: newest = start(source.kind, record), kept: source } as unknown as Future<T>;
  if (current !== undefined) {
    future.scope = current;
    current.own(newest);
  }
  if (guest.traced) {
    started.set(future, new Error().stack ?? "");
  }
  return latest = future;
}

// What is awaited goes through Promise.resolve, and so do the elements of Promise.all and its like: a future needs no promise
// around it.
const resolve = Promise.resolve;

Promise.resolve = function (this: PromiseConstructor, value?: unknown): Promise<unknown> {
  return Future.is(value) && this === Promise ? value : resolve.call(this, value);
} as typeof resolve;
