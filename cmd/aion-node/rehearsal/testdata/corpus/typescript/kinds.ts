import type { Outcome } from "@aion/workflow";

/** The kind of the error of an outcome; null if there is none. */
export function kind(outcome: Outcome<unknown>): string | null {
  return outcome.ok ? null : outcome.error.kind;
}

export interface Number {
  n: number;
}

/** What workers do. */
export interface Worker {
  work(input: Number): Number;
  flaky(input: Number): Number;
}
