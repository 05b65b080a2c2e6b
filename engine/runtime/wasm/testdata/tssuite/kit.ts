// What the functions of the suite share.
import { type Future, type Outcome, kindOf } from "@aion/workflow";

/** The kind of the error of an outcome, null if there is none. */
export function kind(outcome: Outcome<unknown>): string | null {
  return outcome.ok ? null : outcome.error.kind;
}

/** The kind of what a promise fails with, null if it does not. */
export function failing(promise: PromiseLike<unknown>): PromiseLike<string | null> {
  return promise.then(() => null, (e: unknown) => kindOf(e));
}

/** The outcome of a future as [ok, kind]. */
export async function tried(future: Future<unknown>): Promise<[boolean, string | null]> {
  const outcome = await future.outcome();
  return [outcome.ok, kind(outcome)];
}
