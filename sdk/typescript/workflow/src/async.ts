// Async functions: the bundler makes generators of their bodies, and calls of __async, which come here. So it is known who waits,
// and for what: a future needs no promise, and the scope of code is the same before and after it has waited.
import { Future, latest, succeeded } from "./future";
import { type Waiter, alone, plain } from "./guest";
import { locate } from "./report";
import { room } from "./room";
import { type CancellationScope, current, inside } from "./scope";

type Body = (...args: never[]) => Generator;

/** A call of an async function, from its first wait on. */
class Call implements Waiter {
  declare private readonly body: Body;
  declare private readonly generator: Generator;
  declare private readonly scope: CancellationScope | undefined;
  declare private future: Future<unknown> | undefined; // that it waits for
  declare private returned: boolean; // what it waits for is its result
  declare private simple: boolean; // it is in the scope of the run, and has not returned
  declare resolve: (value: unknown) => void;
  declare reject: (error: unknown) => void;

  constructor(body: Body, generator: Generator) {
    this.body = body;
    this.generator = generator;
    this.scope = current;
    this.future = undefined;
    this.returned = false;
    this.simple = current === undefined;
  }

  /** Waits for what the code awaits, or has returned. */
  take(x: IteratorResult<unknown>): void {
    const value = x.value;
    if (x.done === true) {
      this.returned = true;
      this.simple = false;
    }
    try {
      if (value instanceof Future) {
        this.future = value;
        if (value.awaits(this)) {
          return;
        }
      } else if (this.returned) {
        this.resolve(value);
        return;
      }
      void Promise.resolve(value).then((v) => this.go(v, false), (e) => this.go(e, true));
    } catch (e) {
      void Promise.reject(e).catch((e) => this.go(e, true));
    }
  }

  over(state: number, told: unknown): number | undefined {
    const future = this.future!;
    future.settle(state, told);
    if (!this.simple || future.state !== succeeded) {
      future.give((v) => this.go(v, false), (e) => this.go(e, true));
      return undefined;
    }
    // Most steps come here. What follows is what go and take would do, without their calls.
    let x: IteratorResult<unknown>;
    try {
      x = this.generator.next(future.kept);
    } catch (e) {
      this.reject(e);
      return undefined;
    }
    const value = x.value as Future<unknown>;
    if (value !== latest || alone !== undefined || !plain || x.done === true || value.id < 0) {
      this.take(x);
      return undefined;
    }
    this.future = value;
    return value.id;
  }

  /** Lets the code go on. */
  private go(value: unknown, failed: boolean): void {
    if (this.returned) {
      if (failed) {
        locate(value, this.body);
        this.reject(value);
      } else {
        this.resolve(value);
      }
      return;
    }
    let x: IteratorResult<unknown>;
    try {
      if (this.scope !== undefined) {
        x = inside(this.scope, () => failed ? this.generator.throw(value) : this.generator.next(value));
      } else {
        x = failed ? this.generator.throw(value) : this.generator.next(value);
      }
    } catch (e) {
      this.reject(e);
      return;
    }
    this.take(x);
  }
}

room.async = (self, args, body) => {
  let generator: Generator, x: IteratorResult<unknown>;
  try {
    generator = body.apply(self, (args ?? []) as never[]);
    x = generator.next();
  } catch (e) {
    return Promise.reject(e);
  }
  if (x.done === true && (typeof x.value !== "object" || x.value === null)) {
    return Promise.resolve(x.value);
  }
  const call = new Call(body, generator);
  const promise = new Promise((resolve, reject) => {
    call.resolve = resolve;
    call.reject = reject;
  });
  call.take(x);
  return promise;
};
