// Aion from TypeScript and JavaScript: a client and a worker.
export type * as api from "./api.js";
export { type CallOptions, type ChangeOptions, Client, type OfRun, type Start, type StartOptions, isOpen } from "./client.js";
export { type ClientOptions, newRequestId, optionsFromEnv } from "./core.js";
export {
  AionError, AttemptOver, type Cause, Failure, OutcomeUnknown, Problem, type ProblemOutcome, Rejected, StillOpen, TryAgain, UpdateRejected, WorkflowFailed,
} from "./errors.js";
export type { Duration } from "./values.js";
export { type Attempt, type Handler, type Logger, type Stats, Worker, type WorkerOptions } from "./worker.js";
