// Activities: what workers do.
import { type Future, begin } from "./future";
import { type ActivityFields, type ActivityOptions, activityFields, activityRecord } from "./options";
import { Kind, type Source } from "./report";
import { current } from "./scope";

/** What a function returns in the end; of another type, the type itself. */
export type ResultOf<T> = T extends (...args: never[]) => infer R ? Awaited<R> : T;

/** What stands for an activity, and how its record begins: with its name, and with the key of its input. */
export interface ActivitySource extends Source { readonly begin: string; readonly input: string }

/** Those that code has named. It may make names up, so they are not kept without end. */
const known: { [name: string]: ActivitySource } = Object.create(null);
let count = 0;

function named(name: string): ActivitySource {
  const begin = `{"1":${JSON.stringify(name)}`;
  const source = { kind: Kind.activity, name, begin, input: begin + ',"3":' };
  if (count < 100) {
    count++;
    known[name] = source;
  }
  return source;
}

const { isFinite } = Number;

/** Lets a worker do something: `await activity<Receipt>("charge", order, { timeout: "1m" })`. Undefined is no input. */
export function activity<T = unknown>(name: string, input?: unknown, options?: ActivityOptions): Future<ResultOf<T>> {
  const source = known[name] ?? named(name);
  if (options === undefined && current === undefined && isFinite(input)) {
    return begin(source, source.input + input + "}"); // as activityRecord does, with fewer calls
  }
  return begin(source, activityRecord(source, input, options && activityFields(name, options)));
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
        const source = known[name] ?? named(name);
        return begin(source, activityRecord(source, input, more === undefined ? fields ??= activityFields(name, options) : activityFields(name, { ...options, ...more })));
      },
  }) as Activities<A>;
}
