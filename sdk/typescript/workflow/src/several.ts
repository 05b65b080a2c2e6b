// Several futures at once. Promise.all and its like work too, but cancel nothing.
import { Future, type Outcome } from "./future";
import { Mode, misuse, wait } from "./guest";

type Futures = readonly Future<unknown>[];
type Values<F extends Futures> = { -readonly [I in keyof F]: F[I] extends Future<infer T> ? T : never };
type Outcomes<F extends Futures> = { -readonly [I in keyof F]: F[I] extends Future<infer T> ? Outcome<T> : never };

/** Waits until all have succeeded: the values, in order. The first failure cancels the rest, and is thrown. */
export async function all<const F extends Futures>(futures: F): Promise<Values<F>> {
  const failed = await over(Mode.all, futures);
  if (failed >= 0) {
    futures[failed]!.value();
  }
  return futures.map((f) => f.value()) as Values<F>;
}

/** Waits as `all` does, and for what becomes of those that were cancelled: the outcomes, in order. */
export async function tryAll<const F extends Futures>(futures: F): Promise<Outcomes<F>> {
  await over(Mode.all, futures);
  if (!futures.every((f) => f.done)) { // some were asked to end
    await over(Mode.settled, futures);
  }
  return futures.map((f) => f.now()) as Outcomes<F>;
}

/** Waits until all are done: their outcomes, in order. Fails and cancels nothing. */
export async function settled<const F extends Futures>(futures: F): Promise<Outcomes<F>> {
  await over(Mode.settled, futures);
  return futures.map((f) => f.now()) as Outcomes<F>;
}

/**
 * Waits until one is done: its position and its value, or its failure is thrown. The others are cancelled. Others may be done
 * as well: those keep what they have got.
 */
export async function race<const F extends Futures>(futures: F): Promise<[at: number, value: Values<F>[number]]> {
  const at = await over(Mode.race, some(futures));
  return [at, futures[at]!.value() as Values<F>[number]];
}

/** Is `race` with the outcome in place of the value. */
export async function tryRace<const F extends Futures>(futures: F): Promise<[at: number, outcome: Outcomes<F>[number]]> {
  const at = await over(Mode.race, some(futures));
  return [at, futures[at]!.now() as Outcomes<F>[number]];
}

/** Waits until one is done: its position. Fails and cancels nothing: wait again for the rest. */
export async function any(futures: Futures): Promise<number> {
  return over(Mode.any, some(futures));
}

function some<F extends Futures>(futures: F): F {
  if (futures.length === 0) {
    throw misuse("there is no future to wait for");
  }
  return futures;
}

function over(mode: number, futures: Futures): Promise<number> {
  for (const f of futures) {
    if (!Future.is(f)) {
      throw misuse("these are not all futures: of a promise, only JavaScript knows what becomes of it; use Promise.all and its like");
    }
  }
  return new Promise((resolve) => {
    const at = wait(mode, futures.map((f) => f.ordinal), resolve);
    if (at !== undefined) {
      resolve(at);
    }
  });
}
