// Scopes of cancellation.
import { CancellationScope, Cancelled, activity, all, cancelled, child, condition, defineSignal, kindOf, setHandler, signal, sleep } from "@aion/workflow";

const kind = (promise: PromiseLike<unknown>) => promise.then(() => null, kindOf);

/** Cancels code across its awaits, and in the functions that it calls. */
export async function scope_cancels() {
  const scope = new CancellationScope();
  setHandler(defineSignal("stop"), () => scope.cancel());
  const deliver = async (n: number) => {
    await activity("charge", n);
    await sleep("1h");
  };
  const work = scope.run(async () => {
    await null;
    const kinds = await Promise.all([kind(deliver(1)), kind(deliver(2))]);
    return [...kinds, await kind(activity("charge", 3)), scope.cancelled, cancelled()];
  });
  const outer = sleep("2h");
  return [await work, outer.done, await kind(CancellationScope.current().cancelled ? outer : sleep("1s"))];
}

/** A time limit that is kept, and one that is not. */
export async function scope_times() {
  const first = await CancellationScope.withTimeout("1m", () => activity("charge", 1));
  const second = await kind(CancellationScope.withTimeout("1m", () => all([activity("charge", 2), sleep("1h")])));
  return [first, second];
}

/** A request to cancel the run ends what is not shielded. */
export async function scope_shields() {
  const shielded = CancellationScope.nonCancellable(async () => [await activity("charge", 1), await child("kid")]);
  const waits = await kind(sleep("1h"));
  return [waits, await shielded, cancelled()];
}

/** The scopes within a run learn of the request to cancel it. */
export async function scope_learns() {
  const scope = new CancellationScope();
  const told = scope.cancelRequested.catch((e: unknown) => e instanceof Cancelled);
  const work = kind(scope.run(async () => {
    const first = await kind(sleep("1h"));
    return first === "cancelled" ? activity("charge") : null; // is cancelled too
  }));
  return [await told, await work, await kind(sleep("1s"))];
}

/** Scopes within scopes. */
export async function scope_nests() {
  const outer = new CancellationScope(), other = new CancellationScope();
  const kinds = outer.run(async () => {
    const a = kind(sleep("1h"));
    const b = kind(new CancellationScope().run(() => sleep("1h")));
    const c = kind(CancellationScope.cancellable(() => sleep("1h")));
    const d = CancellationScope.nonCancellable(() => sleep("1m")), e = other.run(() => sleep("2m"));
    const seen = await Promise.all([a, b, c]);
    return [seen, await kind(d), await kind(e), await kind(sleep("1s")), await CancellationScope.nonCancellable(() => kind(sleep("1s")))];
  });
  await signal("a");
  outer.cancel();
  return kinds;
}

/** A condition in a scope that ends. */
export async function scope_conditions() {
  return kind(CancellationScope.withTimeout("1s", () => condition(() => false)));
}

/** The scope of the run owns what no other scope does. */
export async function scope_of_the_run() {
  const run = CancellationScope.current(), a = sleep("1h");
  const shielded = CancellationScope.nonCancellable(async () => {
    const inner = new CancellationScope();
    return Promise.all([kind(sleep("2h")), kind(inner.run(() => sleep("3h")))]);
  });
  await sleep("1s");
  const b = kind(sleep("4h")), c = kind(new CancellationScope().run(() => sleep("5h")));
  run.cancel();
  return [await kind(a), await b, await c, await shielded, await kind(sleep("1s"))];
}

/** What a scope leaves open, and what a job starts. */
export async function scope_leaves() {
  const scope = new CancellationScope();
  const timers = await scope.run(async () => {
    const inner = await CancellationScope.cancellable(() => [sleep("1h")]);
    const later = new Promise<PromiseLike<void>[]>((resolve) => queueMicrotask(() => resolve([sleep("2h")])));
    return [...inner, ...await later];
  });
  scope.cancel();
  return Promise.all(timers.map(kind));
}
