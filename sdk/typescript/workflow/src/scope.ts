// Scopes: code whose steps are cancelled together. The scope of code is known across its awaits, because bundles have no
// native async functions (async.ts), and Promise.prototype.then remembers here who waits.
import { Cancelled, type Failure } from "./errors";
import { ask, guest } from "./guest";
import { room } from "./room";
import type { Duration } from "./duration";
import { newest, settledTo } from "./future";
import { sleep } from "./time";

/** How a scope differs from the code around it. */
export interface ScopeOptions {
  /** False: what happens around the scope does not cancel it, and a request to cancel the run ends nothing that is started in it. */
  cancellable?: boolean;
  /** The scope is cancelled when this time has passed. */
  timeout?: Duration;
}

let outermost: CancellationScope; // that of the run
/** @internal The scope of the code that runs; undefined = that of the run. */
export let current: CancellationScope | undefined;

/**
 * Code whose steps, children and waits are cancelled together, by `cancel`, by its timeout, or with the scope around it:
 * what is open is cancelled as by `Future.cancel`, and so is what is started in it later. To clean up after that, use
 * `CancellationScope.nonCancellable`.
 */
export class CancellationScope {
  readonly #parent: CancellationScope | undefined; // undefined = it is that of the run
  readonly #inner = new Set<CancellationScope>();
  readonly #open = new Set<number>();
  readonly #timeout: Duration | undefined;
  #cancelled = false;
  #request: { promise: Promise<never>; reject: (e: unknown) => void } | undefined;
  /** False if what happens around it does not cancel it. */
  readonly cancellable: boolean;
  /** @internal Whether it, or a scope around it, is not cancellable: a request to cancel the run passes by what is started in it. */
  readonly shielded: boolean;

  constructor(options: ScopeOptions = {}) {
    this.cancellable = options.cancellable ?? true;
    this.#timeout = options.timeout;
    this.#parent = current ?? outermost;
    this.shielded = !this.cancellable || this.#parent?.shielded === true;
    if (this.#parent?.cancelled === true && this.cancellable) {
      this.#cancelled = true;
    }
  }

  /** The scope of the code that asks. */
  static current(): CancellationScope {
    return current ?? outermost;
  }

  /** Runs code in a scope of its own. */
  static cancellable<T>(code: (scope: CancellationScope) => T | PromiseLike<T>): Promise<T> {
    return new CancellationScope().run(code);
  }

  /** Runs code that is not cancelled with what is around it: to clean up, or to finish what must not be left half done. */
  static nonCancellable<T>(code: (scope: CancellationScope) => T | PromiseLike<T>): Promise<T> {
    return new CancellationScope({ cancellable: false }).run(code);
  }

  /** Runs code that is cancelled when the time has passed. */
  static withTimeout<T>(timeout: Duration, code: (scope: CancellationScope) => T | PromiseLike<T>): Promise<T> {
    return new CancellationScope({ timeout }).run(code);
  }

  /** Runs code in this scope. */
  async run<T>(code: (scope: CancellationScope) => T | PromiseLike<T>): Promise<T> {
    const siblings = (this.#parent ?? outermost).#inner;
    siblings.add(this);
    const scope = this.#parent === undefined ? undefined : this;
    const timeout = this.#timeout;
    const alarm = timeout === undefined ? undefined : inside(scope, () => sleep(timeout)); // shielded like what it ends
    let over = false;
    alarm?.then(() => over || this.cancel(), () => undefined);
    try {
      return await inside(scope, () => code(this));
    } finally {
      over = true;
      if (alarm !== undefined) {
        this.disown(alarm.ordinal);
      }
      if (this.#open.size + this.#inner.size === 0) { // else what it has left open is still cancelled with what is around it
        siblings.delete(this);
      }
      if (alarm !== undefined && !alarm.done) {
        alarm.cancel();
      }
    }
  }

  /** Cancels what is open in the scope and in those within it, in the order in which it was started, and what is started later. */
  cancel(): void {
    ask();
    const open: number[] = [];
    this.#end(open, new Cancelled());
    for (const id of open.sort((a, b) => a - b)) {
      room.cancel(id);
    }
  }

  #end(open: number[], why: Failure): void {
    if (this.#parent !== undefined) {
      this.#cancelled = true;
    }
    for (const id of this.#parent === undefined ? this.#run() : this.#open) {
      open.push(id);
    }
    for (const scope of this.#inner) {
      if (scope.cancellable) {
        scope.#end(open, why);
      }
    }
    this.#requested().reject(why);
  }

  /** What may be open in the scope of the run, which does not keep what it owns: it is all that no other scope does. */
  #run(): number[] {
    const others = new Set<number>();
    const visit = (scope: CancellationScope): void => {
      for (const inner of scope.#inner) {
        inner.#open.forEach((id) => others.add(id));
        visit(inner);
      }
    };
    visit(this);
    const ids: number[] = [];
    for (let id = settledTo + 1; id <= newest; id++) {
      if (!others.has(id)) {
        ids.push(id);
      }
    }
    return ids;
  }

  /** Whether the scope is cancelled. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Is rejected, with Cancelled, when the scope is cancelled; that of the run, when code knows of the request. */
  get cancelRequested(): Promise<never> {
    return this.#requested().promise;
  }

  #requested(): { promise: Promise<never>; reject: (e: unknown) => void } {
    if (this.#request === undefined) {
      let reject: (e: unknown) => void = () => undefined;
      const promise = new Promise<never>((_, r) => { reject = r; });
      promise.catch(() => undefined); // nobody has to listen
      this.#request = { promise, reject };
      if (this.#cancelled) {
        reject(new Cancelled());
      }
    }
    return this.#request;
  }

  /** @internal What happens to it happens to this future. */
  own(id: number): void {
    this.#open.add(id);
    if (this.#cancelled) {
      room.cancel(id);
    }
  }

  /** @internal The future has an outcome. */
  disown(id: number): void {
    this.#open.delete(id);
  }

  /** @internal Code knows of the request to cancel the run: the scopes within are cancelled. The room has ended what is open. */
  static known(why: Failure): void {
    guest.known = true;
    outermost.#end([], why);
  }
}

outermost = new CancellationScope();

/** Notes that an error tells code of the request to cancel the run, if there is one. */
export function learn(by: Failure): void {
  if (!guest.known && guest.reads === "" && room.cancelled(0)) {
    CancellationScope.known(by);
  }
}

/** Says whether somebody has asked to cancel the run. If so, code knows of it: what is open is ended, and what code starts later is not cancelled with it. */
export function cancelled(): boolean {
  const reads = guest.reads !== "";
  if (!room.cancelled(reads ? 0 : 1)) {
    return false;
  }
  if (!reads && !guest.known) {
    CancellationScope.known(new Cancelled());
  }
  return true;
}

/** Runs code in a scope. */
export function inside<T>(scope: CancellationScope | undefined, code: () => T): T {
  const outer = current;
  current = scope;
  try {
    return code();
  } finally {
    current = outer;
  }
}

const then = Promise.prototype.then;

// eslint-disable-next-line no-extend-native
Promise.prototype.then = function <T, A, B>(this: Promise<T>, fulfilled?: ((value: T) => A | PromiseLike<A>) | null, rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<A | B> {
  return current === undefined ? then.call(this, fulfilled, rejected) as Promise<A | B> : then.call(this, within(current, fulfilled), within(current, rejected)) as Promise<A | B>;
} as typeof then;

/** Makes a reaction run in a scope. Reactions are called one after the other, from outside of all scopes. */
function within<V, R>(scope: CancellationScope, reaction: ((v: V) => R) | null | undefined): ((v: V) => R) | null | undefined {
  return typeof reaction !== "function" ? reaction : (v) => {
    current = scope;
    try {
      return reaction(v);
    } finally {
      current = undefined;
    }
  };
}
