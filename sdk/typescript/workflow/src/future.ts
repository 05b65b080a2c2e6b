// Futures stand for what code has started.
import { Mode, ask, decode, encodeRecord, guest, wait } from "./guest";
import { type Source, failureOf } from "./report";
import { type Failure, TimedOut } from "./errors";
import { room, type Record } from "./room";
import { CancellationScope, learn } from "./scope";

/** What became of something. */
export type Outcome<T> = { readonly ok: true; readonly value: T; readonly error?: undefined } | { readonly ok: false; readonly error: Failure; readonly value?: undefined };

const kinds = { timer: 1, signal: 2, condition: 3, activity: 4, child: 5, result: 6 } as const;

/**
 * Something that code has started: it goes on by itself, and is waited for by `await`. Whoever awaits it waits for itself. What
 * nobody awaits fails nothing, and is cancelled when the run ends.
 */
export class Future<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = "Future";
  #outcome: Outcome<T> | undefined;
  readonly #id: number;
  readonly #source: Source;
  readonly #scope = CancellationScope.current();
  readonly #stack: string;

  /** @internal Use activity, child, sleep or signal. */
  constructor(source: Source, record: Record) {
    ask();
    if (this.#scope.shielded && source.kind !== "activity" && source.kind !== "child") {
      record = { ...record, 8: "ignore" };
    }
    const text = encodeRecord(`${source.kind} ${source.name}`.trimEnd(), record);
    this.#source = source;
    this.#stack = new Error().stack ?? "";
    this.#id = room.start(kinds[source.kind], text);
    this.#scope.own(this.#id);
  }

  /** @internal Unlike `instanceof`, asks the value nothing. */
  static is(value: unknown): value is Future<unknown> {
    return typeof value === "object" && value !== null && #id in value;
  }

  /** @internal The number by which the history knows it. */
  get ordinal(): number {
    return this.#id;
  }

  /** Whether there is an outcome. */
  get done(): boolean {
    return this.#outcome !== undefined || room.state(this.#id) !== "";
  }

  /** Ends a timer or a wait at once, as Cancelled, and asks an activity or a child to end, as its `onCancel` says. */
  cancel(): void {
    ask();
    room.cancel(this.#id);
  }

  /** Waits, and tells what became of it. Never fails because of it. */
  outcome(): Promise<Outcome<T>> {
    return new Promise((resolve, reject) => {
      const over = (): void => resolve(this.now()!);
      try {
        if (!this.#waits(over)) {
          over();
        }
      } catch (e) {
        reject(e);
      }
    });
  }

  then<A = T, B = never>(fulfilled?: ((value: T) => A | PromiseLike<A>) | null, rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
    let over!: () => void;
    try {
      if (!this.#waits(() => over())) {
        return Promise.resolve(this.value()).then(fulfilled, rejected);
      }
    } catch (e) {
      return Promise.reject(e).then(fulfilled, rejected);
    }
    return new Promise<T>((resolve, reject) => {
      over = () => {
        try {
          resolve(this.value());
        } catch (e) {
          reject(e);
        }
      };
    }).then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(null, rejected);
  }

  finally(settled?: (() => void) | null): Promise<T> {
    return this.then().finally(settled);
  }

  /** Begins a wait that ends by calling over; false if there is nothing to wait for. */
  #waits(over: () => void): boolean {
    return this.#outcome === undefined && (guest.reads === "" || !this.done) && wait(Mode.one, [this.#id], over, this.#stack) === undefined;
  }

  /** @internal The value of a future that is done, or its error is thrown. */
  value(): T {
    const o = this.now()!;
    if (o.ok) {
      return o.value;
    }
    if (this.#source.kind === "signal" && o.error instanceof TimedOut) {
      return undefined as T;
    }
    throw o.error;
  }

  /** @internal The outcome, if there is one. */
  now(): Outcome<T> | undefined {
    if (this.#outcome === undefined) {
      const state = room.state(this.#id);
      if (state === "") {
        return undefined;
      }
      this.#outcome = this.#read(state);
      this.#scope.disown(this.#id);
    }
    return this.#outcome;
  }

  #read(state: string): Outcome<T> {
    const rest = state.slice(1);
    if (state.startsWith("1")) {
      return { ok: true, value: (this.#source.kind === "timer" ? undefined : decode(rest)) as T };
    }
    const error = failureOf(this.#source, this.#id, rest, this.#stack);
    if (error.kind === "cancelled" || error.kind === "lease_lost") {
      learn(error);
    }
    return { ok: false, error };
  }
}

// What is awaited goes through Promise.resolve, and so do the elements of Promise.all and its like: a future needs no promise
// around it.
const resolve = Promise.resolve;

Promise.resolve = function (this: PromiseConstructor, value?: unknown): Promise<unknown> {
  return Future.is(value) && this === Promise ? value : resolve.call(this, value);
} as typeof resolve;
