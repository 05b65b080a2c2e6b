// @aion/workflow: workflow code in TypeScript, which an interpreter runs inside of Aion.
//
// A workflow may wait for months, and the machine it runs on may die at any line: what it has done is in the history of its run,
// and code that is shown its history again reaches the same point. All of the language that does not reach outside is the same
// then: promises, maps, Date, Math.random. There are no files, no network and no modules of Node.
//
// The package asks and waits; futures, order, cancellation and limits are kept by the room around the interpreter (docs/GUEST.md).
// It never decides what happens next, and keeps nothing between runs. Begin reading with enter.ts, which is where the room comes in.
import "./enter";
import "./globals";

export { type Activities, type ResultOf, activities, activity } from "./activity";
export { setAttributes } from "./attributes";
export { WorkflowHandle, child, workflow } from "./child";
export { condition } from "./condition";
export { continueAsNew } from "./continue";
export { type QueryDefinition, type SignalDefinition, type UpdateDefinition, defineQuery, defineSignal, defineUpdate } from "./define";
export { type Duration, milliseconds } from "./duration";
export { ActivityFailed, Cancelled, ChildWorkflowFailed, Failure, type FailureOptions, TimedOut, WorkflowFailed, kindOf } from "./errors";
export type { Future, Outcome } from "./future";
export { setHandler } from "./handlers";
export { type Info, type Link, info } from "./info";
export { log } from "./log";
export type { ActivityOptions, Attributes, ChildOptions, OnCancel, Retry } from "./options";
export { random, uuid } from "./random";
export { type Workflow, register } from "./register";
export { CancellationScope, type ScopeOptions, cancelled } from "./scope";
export { all, any, race, settled, tryAll, tryRace } from "./several";
export { signal } from "./signal";
export { now, sleep } from "./time";
