// What calls fail with.

/** More about an error. */
export interface FailureOptions {
  /** A JSON value. */
  details?: unknown;
  /** Whether trying again may help. */
  retryable?: boolean;
  cause?: unknown;
}

/**
 * An error with a kind, by which callers, parents and retries tell it from others:
 * `throw new Failure("late", "not approved in time")`. Code that throws anything else fails with kind `failed`, unless what it
 * throws has a `kind` of its own.
 */
export class Failure extends Error {
  readonly kind: string;
  readonly details: unknown;
  readonly retryable: boolean;

  constructor(kind: string, message = "", options: FailureOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.details = options.details;
    this.retryable = options.retryable ?? false;
  }
}

/** What an activity failed with, after all its attempts. */
export class ActivityFailed extends Failure {
  constructor(readonly activity: string, kind: string, message?: string, options?: FailureOptions) {
    super(kind, message, options);
  }
}

/** What a child failed with. */
export class ChildWorkflowFailed extends Failure {
  constructor(readonly workflowType: string, kind: string, message?: string, options?: FailureOptions) {
    super(kind, message, options);
  }
}

/** What another workflow failed with, whose result code has waited for. */
export class WorkflowFailed extends Failure {
  constructor(readonly workflowId: string, kind: string, message?: string, options?: FailureOptions) {
    super(kind, message, options);
  }
}

/** A wait, a step or a child was cancelled. A run that lets it through, when it was asked to end, ends as cancelled. */
export class Cancelled extends Failure {
  constructor(message = "cancelled", options?: FailureOptions) {
    super("cancelled", message, options);
  }
}

/** The time of a wait ran out, or that of a step: kind `timeout`. */
export class TimedOut extends Failure {
  constructor(message = "the time ran out", options?: FailureOptions) {
    super("timeout", message, options);
  }
}

for (const type of [Failure, ActivityFailed, ChildWorkflowFailed, WorkflowFailed, Cancelled, TimedOut]) {
  Object.defineProperty(type.prototype, "name", { value: type.name, configurable: true, writable: true });
}

/** Says the kind of an error: its own, or that of what caused it, else `failed`. */
export function kindOf(error: unknown): string {
  try {
    return failureIn(error)?.kind ?? "failed";
  } catch { // to look at it fails
    return "failed";
  }
}

/** Finds what has a kind: the error, or what caused it. */
export function failureIn(error: unknown): { kind: string; message?: unknown; details?: unknown; retryable?: unknown } | undefined {
  for (let e = error, n = 0; typeof e === "object" && e !== null && n < 100; e = (e as { cause?: unknown }).cause, n++) {
    const kind = (e as { kind?: unknown }).kind;
    if (typeof kind === "string" && kind !== "") {
      return e as { kind: string };
    }
  }
  return undefined;
}
