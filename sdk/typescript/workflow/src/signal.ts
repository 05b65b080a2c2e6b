// Waits for signals.
import { type Duration, nanoseconds } from "./duration";
import { type Future, begin } from "./future";
import { Kind } from "./report";
import type { SignalDefinition } from "./define";

/**
 * Waits for the next signal of a name: its payload. Signals are queued: those that came before are received first. If the time
 * ran out it is undefined, and its `outcome()` has kind `timeout`.
 */
export function signal<T = unknown>(name: string | SignalDefinition<T>): Future<T>;
export function signal<T = unknown>(name: string | SignalDefinition<T>, options: { timeout?: Duration }): Future<T | undefined>;
export function signal<T>(name: string | SignalDefinition<T>, options: { timeout?: Duration } = {}): Future<T | undefined> {
  const named = typeof name === "string" ? name : name.name;
  const timeout = options.timeout === undefined ? "" : `,"2":${nanoseconds("timeout", options.timeout)}`;
  return begin({ kind: Kind.signal, name: named }, `{"1":${JSON.stringify(named)}${timeout}}`);
}
