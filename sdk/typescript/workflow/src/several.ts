// Several futures at once. Promise.all and its like work too, but cancel nothing.
import { Future, type Outcome } from "./future";
import { Mode, misuse, wait } from "./guest";

type Futures = readonly Future<unknown>[];
type Values<F extends Futures> = { -readonly [I in keyof F]: F[I] extends Future<infer T> ? T : never };
type Outcomes<F extends Futures> = { -readonly [I in keyof F]: F[I] extends Future<infer T> ? Outcome<T> : never };

/** Waits until all have succeeded: the values, in order. The first failure cancels the rest, and is thrown. */
export function all<const F extends Futures>(futures: F): Promise<Values<F>> {
  return over(Mode.all, futures, (at, resolve, reject) => {
    if (at >= 0 && !given(futures[at]!, () => undefined, reject)) {
      return;
    }
    const values: unknown[] = [];
    if (futures.every((f) => given(f, (v) => values.push(v), reject))) {
      resolve(values as Values<F>);
    }
  });
}

/** Waits as `all` does, and for what becomes of those that were cancelled: the outcomes, in order. */
export async function tryAll<const F extends Futures>(futures: F): Promise<Outcomes<F>> {
  await over(Mode.all, futures, (_, resolve) => resolve(undefined));
  return futures.every((f) => f.done) ? outcomes(futures) : settled(futures); // some were asked to end
}

/** Waits until all are done: their outcomes, in order. Fails and cancels nothing. */
export function settled<const F extends Futures>(futures: F): Promise<Outcomes<F>> {
  return over(Mode.settled, futures, (_, resolve) => resolve(outcomes(futures)));
}

/**
 * Waits until one is done: its position and its value, or its failure is thrown. The others are cancelled. Others may be done
 * as well: those keep what they have got.
 */
export function race<const F extends Futures>(futures: F): Promise<[at: number, value: Values<F>[number]]> {
  return over(Mode.race, futures, (at, resolve, reject) => futures[at]!.give((v) => resolve([at, v as Values<F>[number]]), reject));
}

/** Is `race` with the outcome in place of the value. */
export function tryRace<const F extends Futures>(futures: F): Promise<[at: number, outcome: Outcomes<F>[number]]> {
  return over(Mode.race, futures, (at, resolve) => resolve([at, futures[at]!.now() as Outcomes<F>[number]]));
}

/** Waits until one is done: its position. Fails and cancels nothing: wait again for the rest. */
export function any(futures: Futures): Promise<number> {
  return over(Mode.any, futures, (at, resolve) => resolve(at));
}

function outcomes<F extends Futures>(futures: F): Outcomes<F> {
  return futures.map((f) => f.now()) as Outcomes<F>;
}

/** Gives a value, or an error; says whether it was a value. */
function given(f: Future<unknown>, value: (v: unknown) => void, error: (e: unknown) => void): boolean {
  return f.give((v) => { value(v); return true; }, (e) => { error(e); return false; });
}

function over<R>(mode: number, futures: Futures, end: (at: number, resolve: (r: R) => void, reject: (e: unknown) => void) => void): Promise<R> {
  return new Promise((resolve, reject) => {
    if ((mode === Mode.race || mode === Mode.any) && futures.length === 0) {
      throw misuse("there is no future to wait for");
    }
    for (const f of futures) {
      if (!Future.is(f)) {
        throw misuse("these are not all futures: of a promise, only JavaScript knows what becomes of it; use Promise.all and its like");
      }
    }
    const at = wait(mode, futures.map((f) => f.ordinal).join(","), { over: (at) => { end(at, resolve, reject); return undefined; } });
    if (at !== undefined) {
      end(at, resolve, reject);
    }
  });
}
