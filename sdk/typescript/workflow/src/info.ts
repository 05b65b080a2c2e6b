// What is known about the run.
import { room } from "./room";

/** Names another run. */
export interface Link {
  readonly workflowId: string;
  readonly runId: string;
}

export interface Info {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly version: string;
  /** 1, and one more for each continuing or retry. */
  readonly attempt: number;
  /** Null if it is no child. */
  readonly parent: Link | null;
  /** Of the tree of children: itself, if it is no child. */
  readonly root: Link | null;
  /** As far as code has seen. */
  readonly historyEvents: number;
  /** Of payloads, and 64 for each event. */
  readonly historyBytes: number;
  /** It is a good time to continue as new. */
  readonly continueSuggested: boolean;
  /** That it is a run of. */
  readonly schedule: string | null;
  /** For which that fired. */
  readonly fireTime: Date | null;
}

/** Returns what is known about the run. */
export function info(): Info {
  const r = JSON.parse(room.info()) as { [field: number]: string & number };
  const link = (id: string | undefined, runId: string | undefined): Link | null => id === undefined || runId === undefined ? null : { workflowId: id, runId };
  return {
    workflowId: r[1]!, runId: r[2]!, workflowType: r[3]!, version: r[4]!, attempt: r[5]!,
    parent: link(r[6], r[7]), root: link(r[8], r[9]),
    historyEvents: r[10] ?? 0, historyBytes: r[11] ?? 0, continueSuggested: r[12] === 1,
    schedule: r[13] || null, fireTime: r[14] ? new Date(Math.round(r[14] / 1e6)) : null,
  };
}
