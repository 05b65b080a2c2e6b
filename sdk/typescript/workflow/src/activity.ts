// Activities: what workers do.
import { Future } from "./future";
import { type ActivityFields, type ActivityOptions, activityFields, activityRecord } from "./options";
import { Kind, type Source } from "./report";

/** What a function returns in the end; of another type, the type itself. */
export type ResultOf<T> = T extends (...args: never[]) => infer R ? Awaited<R> : T;

/** What stands for each activity, and with what its record begins. Code that makes names up gets new ones. */
const known = new Map<string, Source & { begin: string }>();

function named(name: string): Source & { begin: string } {
  const source = { kind: Kind.activity, name, begin: `{"1":${JSON.stringify(name)}` };
  if (known.size < 100) {
    known.set(name, source);
  }
  return source;
}

/** Lets a worker do something: `await activity<Receipt>("charge", order, { timeout: "1m" })`. Undefined is no input. */
export function activity<T = unknown>(name: string, input?: unknown, options?: ActivityOptions): Future<ResultOf<T>> {
  const source = known.get(name) ?? named(name);
  return new Future(source, activityRecord(source, input, options && activityFields(name, options)));
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
 *
 * The options are read once, at the first call.
 */
export function activities<A>(options: ActivityOptions = {}): Activities<A> {
  let fields: ActivityFields | undefined;
  return new Proxy({}, {
    get: (_, name) => typeof name !== "string" || name === "then" ? undefined
      : (input?: unknown, more?: ActivityOptions) => {
        const source = known.get(name) ?? named(name);
        return new Future(source, activityRecord(source, input, more === undefined ? fields ??= activityFields(name, options) : activityFields(name, { ...options, ...more })));
      },
  }) as Activities<A>;
}
