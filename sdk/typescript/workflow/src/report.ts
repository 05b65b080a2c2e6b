// Errors as records, in both directions: 1 kind, 2 message, 3 details, 4 retryable, 5 the ordinal of the future that failed.
import { ActivityFailed, Cancelled, ChildWorkflowFailed, Failure, TimedOut, WorkflowFailed, failureIn } from "./errors";
import { room } from "./room";

/** An error, as the room tells it. */
export interface ErrorRecord { 1?: string; 2?: string; 3?: unknown; 4?: number; 5?: number }

/** The futures whose errors came from the room. */
const ordinals = new WeakMap<object, number>();

/** Kinds of what code starts. */
export const enum Kind { timer = 1, signal, condition, activity, child, result }

/** What a future stands for. */
export interface Source {
  readonly kind: Kind;
  readonly name: string;
}

/** What all timers are: nothing comes of them. */
export const timer: Source = { kind: Kind.timer, name: "" };

/** Errors, as the interpreter lets programs look at the calls of one before it writes them. */
const errors = Error as unknown as { prepareStackTrace?: unknown };

/** Reads an error of the room. It gets its stack where it is thrown into code that awaits, or from locate. */
export function failureOf(source: Source, id: number, r: ErrorRecord): Failure {
  const kind = r[1] ?? "failed", message = r[2] ?? "";
  const options = { details: r[3], retryable: r[4] === 1 };
  const before = errors.prepareStackTrace;
  errors.prepareStackTrace = () => undefined; // which is none yet
  const e = make(source, kind, message, options);
  errors.prepareStackTrace = before;
  ordinals.set(e, id);
  return e;
}

/** Gives an error that nobody has thrown the place of the function that returned its future. */
export function locate(e: unknown, code: Function): void { // eslint-disable-line @typescript-eslint/no-unsafe-function-type
  if (isFailure(e) && typeof e.stack !== "string") {
    const at = code as unknown as { fileName?: string; lineNumber?: number; columnNumber?: number };
    e.stack = `    at ${code.name} (${at.fileName}:${at.lineNumber}:${at.columnNumber})\n`;
  }
}

function isFailure(e: unknown): e is Failure {
  try {
    return e instanceof Failure;
  } catch { // a proxy that was revoked
    return false;
  }
}

function make(source: Source, kind: string, message: string, options: { details?: unknown; retryable: boolean }): Failure {
  switch (kind) {
    case "cancelled":
      return new Cancelled(message, options);
    case "timeout":
      return new TimedOut(message, options);
  }
  switch (source.kind) {
    case Kind.activity:
      return new ActivityFailed(source.name, kind, message, options);
    case Kind.child:
      return new ChildWorkflowFailed(source.name, kind, message, options);
    case Kind.result:
      return new WorkflowFailed(source.name, kind, message, options);
  }
  return new Failure(kind, message, options);
}

/** Writes what code ended with. */
export function errorRecord(thrown: unknown): string {
  try {
    return recordOf(thrown);
  } catch { // to look at it fails
    return JSON.stringify({ 1: "failed", 2: "an error that cannot be told" });
  }
}

function recordOf(thrown: unknown): string {
  const origin = failureIn(thrown);
  const r: ErrorRecord = { 1: origin?.kind ?? "failed", 2: text(thrown) };
  const details = origin?.details ?? stackOf(thrown);
  if (details !== undefined) {
    r[3] = details;
  }
  if (origin?.retryable === true) {
    r[4] = 1;
  }
  const id = origin && ordinals.get(origin);
  if (id !== undefined) {
    r[5] = id;
  }
  try {
    return JSON.stringify(r);
  } catch (e) { // the details cannot be written
    delete r[3];
    r[2] += ` (its details: ${told(e)})`;
    return JSON.stringify(r);
  }
}

function told(thrown: unknown): string {
  try {
    return text(thrown);
  } catch { // to look at it fails
    return "they cannot be told";
  }
}

/** Says what an error says, with what caused it. */
function text(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) {
    return String(thrown);
  }
  const e = thrown as { name?: string; message?: unknown; kind?: unknown; cause?: unknown };
  let message = typeof e.message === "string" ? e.message : "";
  if (thrown instanceof Error && e.kind === undefined && thrown.name !== "Error") {
    message = message === "" ? thrown.name : `${thrown.name}: ${message}`; // a TypeError, say
  }
  if (e.kind === undefined && e.cause instanceof Error && failureIn(e.cause) !== undefined) {
    const cause = text(e.cause);
    message = message === "" ? cause : `${message}: ${cause}`;
  }
  return message;
}

function stackOf(thrown: unknown): { stack: string[] } | undefined {
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  if (typeof stack !== "string" || stack === "") {
    return undefined;
  }
  const calls = JSON.parse(room.stack(stack)) as string[];
  return calls.length > 0 ? { stack: calls } : undefined;
}
