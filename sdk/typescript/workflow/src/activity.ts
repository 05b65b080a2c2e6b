// Activities: what workers do.
import { Future } from "./future";
import { type ActivityOptions, activityFields } from "./options";

/** What a function returns in the end; of another type, the type itself. */
export type ResultOf<T> = T extends (...args: never[]) => infer R ? Awaited<R> : T;

/** Lets a worker do something: `await activity<Receipt>("charge", order, { timeout: "1m" })`. Undefined is no input. */
export function activity<T = unknown>(name: string, input?: unknown, options?: ActivityOptions): Future<ResultOf<T>> {
  return new Future({ kind: "activity", name }, activityFields(name, input, options));
}

/** The functions of a module of activities, as workflow code calls them: with the input, and options that add to those for all. */
export type Activities<A> = {
  [Name in keyof A as A[Name] extends (...args: never[]) => unknown ? Name : never]: A[Name] extends (...args: infer P) => infer R
    ? P extends []
      ? (input?: undefined, options?: ActivityOptions) => Future<Awaited<R>>
      : P extends [infer I, ...unknown[]]
        ? (input: I, options?: ActivityOptions) => Future<Awaited<R>>
        : (input?: P[0], options?: ActivityOptions) => Future<Awaited<R>>
    : never;
};

/**
 * Makes typed calls of activities, from the type of the functions that workers have:
 *
 *     import type * as acts from "./activities";
 *     const { charge, refund } = activities<typeof acts>({ timeout: "1m" });
 */
export function activities<A>(options: ActivityOptions = {}): Activities<A> {
  return new Proxy({}, {
    get: (_, name) => typeof name !== "string" || name === "then" ? undefined
      : (input?: unknown, more?: ActivityOptions) => activity(name, input, more === undefined ? options : { ...options, ...more }),
  }) as Activities<A>;
}
