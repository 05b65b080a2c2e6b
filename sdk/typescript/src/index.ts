// Aion from TypeScript and JavaScript: a client and a worker.
export type * as api from "./api.js";
export { type CallOptions, type BatchOptions, type ChangeOptions, Client, type OfRun, type ResetOptions, type ResetPoint, type Retry, type Start, type StartOptions, isOpen } from "./client.js";
export { type ClientOptions, newRequestId, optionsFromEnv } from "./core.js";
export {
  AionError, AttemptOver, type Cause, Failure, Later, OutcomeUnknown, Problem, type ProblemOutcome, Rejected, StillOpen, TryAgain, UpdateRejected, WorkflowFailed,
} from "./errors.js";
export type { EventsOptions, StreamEvent } from "./stream.js";
export type { Duration } from "./values.js";
export { type Attempt, type Handler, type Logger, type Stats, Worker, type WorkerOptions } from "./worker.js";
