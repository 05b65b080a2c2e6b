// Children, and other workflows.
import type { ResultOf } from "./activity";
import type { SignalDefinition } from "./define";
import { type Future, begin } from "./future";
import { ask, encodeRecord, payload } from "./guest";
import { type ChildOptions, childFields } from "./options";
import { Kind } from "./report";
import { room } from "./room";

/** Starts a workflow; `await` waits for its result: `await child<typeof ship>("ship", order)`. Undefined is no input. */
export function child<T = unknown>(type: string, input?: unknown, options?: ChildOptions): Future<ResultOf<T>> {
  return begin({ kind: Kind.child, name: type }, encodeRecord(`child ${type}`, childFields(type, input, options)));
}

/** A handle of another workflow, whoever started it. It costs nothing. */
export class WorkflowHandle {
  constructor(readonly workflowId: string) {}

  /** Sends a signal to its open run. If there is none, the history says so. */
  signal<T>(name: string | SignalDefinition<T>, value?: T): void {
    const named = typeof name === "string" ? name : name.name;
    ask();
    room.tell(1, encodeRecord(`payload of signal ${named}`, { 1: this.workflowId, 2: named, 3: payload("payload", value) }));
  }

  /** Asks its open run to end, as a caller can. It is no error if there is none. */
  cancel(reason = ""): void {
    ask();
    room.tell(3, encodeRecord("reason", { 1: this.workflowId, 2: reason }));
  }

  /** Waits for the result of its newest run, and of those that go on in its place. */
  result<T = unknown>(): Future<ResultOf<T>> {
    return begin({ kind: Kind.result, name: this.workflowId }, encodeRecord("result", { 1: this.workflowId }));
  }
}

/** Returns the handle of the workflow with that id. */
export function workflow(workflowId: string): WorkflowHandle {
  return new WorkflowHandle(workflowId);
}
