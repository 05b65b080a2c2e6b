// What can go wrong, and what it means for the caller.
import type { RunError } from "./api.js";

/** The base of all errors of this package. */
export class AionError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

export type ProblemOutcome = "rejected" | "retry" | "unknown";

export interface ProblemParts {
  status?: number;
  outcome: ProblemOutcome;
  hint?: string;
  facts?: Record<string, unknown>;
  cause?: unknown;
}

/** A call that failed, as a node or this side says. `outcome` is what to act on; it is also the class: Rejected, TryAgain or OutcomeUnknown. */
export class Problem extends AionError {
  readonly status: number;
  readonly outcome: ProblemOutcome;
  readonly hint: string;
  readonly facts: Record<string, unknown>;

  constructor(readonly code: string, readonly detail: string, parts: ProblemParts) {
    super(`${code}: ${detail}`, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.status = parts.status ?? 0;
    this.outcome = parts.outcome;
    this.hint = parts.hint ?? "";
    this.facts = parts.facts ?? {};
  }
}

/** It did not happen, and the same call will be refused again until something changes. */
export class Rejected extends Problem {}

/** It did not happen, but may in a moment. The client has repeated it for as long as its patience. */
export class TryAgain extends Problem {}

/** It may have happened. Repeat the call with `requestId` to find out: it has at most one effect. */
export class OutcomeUnknown extends Problem {
  get requestId(): string | undefined {
    return this.facts["request_id"] as string | undefined;
  }
}

/** A run ended otherwise than by completing. */
export class WorkflowFailed extends AionError {
  readonly kind: string;
  readonly details: unknown;

  constructor(readonly workflowId: string, readonly runId: string, readonly status: string, readonly error: RunError) {
    super(`workflow ${workflowId} ${status}: ${error.kind}: ${error.message}`);
    this.kind = error.kind;
    this.details = error.details;
  }
}

/** A run's handler or validator answered an update with an error, or the run closed before it answered. */
export class UpdateRejected extends AionError {
  constructor(readonly updateId: string, readonly status: string, readonly error: RunError) {
    super(`update ${updateId} ${status}: ${error.kind}: ${error.message}`);
  }
}

/** The wait is over, and the run has not closed, or the update has no answer. It goes on. */
export class StillOpen extends AionError {}

/** Thrown by a handler: the attempt fails with a kind that the workflow sees. Any other error is kind `failed`, and may be tried again. */
export class Failure extends AionError {
  readonly kind: string;
  readonly retryable: boolean;
  readonly details: unknown;

  constructor(message: string, options: { kind?: string; retryable?: boolean; details?: unknown; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = options.kind || "failed";
    this.retryable = options.retryable ?? false;
    this.details = options.details;
  }
}

/**
 * Thrown by a handler whose activity ends later, from elsewhere: by its token (`attempt.token`), or by its run id and activity id (`completeActivity`,
 * `failActivity`). The worker lets go of the attempt. Time limits hold on, and so does a heartbeat that the workflow asked for.
 */
export class Later extends AionError {
  constructor() {
    super("the outcome comes later");
  }
}

export type Cause = "cancelled" | "lease_lost" | "timeout" | "stopped";

/** Why an attempt is over before its handler is: the reason of its signal. */
export class AttemptOver extends AionError {
  constructor(readonly reason: Cause) {
    super(`the attempt is over: ${reason}`);
  }
}

const head = new Set(["type", "instance", "status", "code", "title", "detail", "outcome", "hint"]);

/** A problem of the class that its outcome asks for. What a newer node may call an outcome is unknown to this side. */
export function problem(code: string, detail: string, parts: ProblemParts): Problem {
  switch (parts.outcome) {
    case "rejected": return new Rejected(code, detail, parts);
    case "retry": return new TryAgain(code, detail, parts);
    default: return new OutcomeUnknown(code, detail, { ...parts, outcome: "unknown" });
  }
}

/** The problem that a document (RFC 9457) describes. */
export function problemOf(d: Record<string, unknown>): Problem {
  const facts = Object.fromEntries(Object.entries(d).filter(([name]) => !head.has(name)));
  return problem(String(d["code"]), String(d["detail"] ?? ""), {
    status: Number(d["status"] ?? 0), outcome: d["outcome"] as ProblemOutcome, hint: String(d["hint"] ?? ""), facts,
  });
}

/** The body of an unsuccessful answer. One that is no problem document leaves unknown whether anything happened, unless its status says that no node took the call. */
export function parseProblem(status: number, body: Buffer): Problem {
  try {
    const d = JSON.parse(body.toString()) as Record<string, unknown> | null;
    if (d && typeof d === "object" && d["code"]) return problemOf(d);
  } catch {
    // not JSON
  }
  const text = body.subarray(0, 200).toString().trim();
  const detail = `the answer has status ${status} and is not a problem document${text ? ": " + text : ""}`;
  return status === 429 || status === 503 ? problem("unavailable", detail, { status, outcome: "retry" }) : problem("internal", detail, { status, outcome: "unknown" });
}
