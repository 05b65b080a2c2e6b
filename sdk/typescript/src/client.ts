// The client.
import { readFile } from "node:fs/promises";
import type * as api from "./api.js";
import { type Call, type ClientOptions, Core, change, get, maxWait, newRequestId, optionsFromEnv, pause, setBody } from "./core.js";
import { StillOpen, UpdateRejected, WorkflowFailed, problemOf } from "./errors.js";
import { type EventsOptions, type StreamEvent, events } from "./stream.js";
import { type Duration, encode, goDuration, milliseconds } from "./values.js";

/** What every call may be given. */
export interface CallOptions {
  /** Ends the call: it rejects with the signal's reason, and the connection is closed. */
  signal?: AbortSignal;
}

/** What every change may be given. */
export interface ChangeOptions extends CallOptions {
  /** For 24 hours, calls with this id have at most one effect and get the same answer. One is made up for each call that has none. */
  requestId?: string;
}

export interface OfRun {
  /** Another run than the latest of the workflow id. */
  runId?: string;
}

/** How often a run is tried, as another run of its workflow id, and the waits between. */
export interface Retry {
  /** Tries in all; absent: as many as it takes. */
  maxAttempts?: number;
  backoff?: Duration;
  factor?: number;
  maxBackoff?: Duration;
  /** Kinds of failures that end it; `timed_out` is the time limit's. */
  nonRetryable?: string[];
}

/** What a start may ask for; docs/STARTING.md says what is promised. */
export interface StartOptions {
  workflowId?: string;
  version?: string;
  attributes?: Record<string, unknown>;
  timeout?: Duration;
  /** A signal that the run receives as it starts or, with `ifOpen: "signal"`, the run that is open. */
  withSignal?: { name: string; payload?: unknown };
  ifOpen?: "refuse" | "signal" | "use" | "terminate";
  ifClosed?: "allow" | "failed_only" | "refuse";
  delay?: Duration;
  /** A number is how often in all. */
  retry?: Retry | number;
  chainTimeout?: Duration;
  /** What `storeArchive` answered, in place of a version. */
  archive?: string;
  ephemeral?: boolean;
  signatures?: string[];
}

/** Up to where a history is kept. */
export interface ResetPoint {
  /** A turn, or `start`, `last`, `failure`. */
  to?: number | string;
  toEvent?: number;
  toVersion?: string;
}

export interface ResetOptions extends ResetPoint, OfRun, ChangeOptions {
  /** The version with which the new run goes on. */
  on?: string;
  dropSignals?: boolean;
  reason?: string;
  /** Only say what would be redone. */
  dryRun?: boolean;
}

/** What is done to many runs, beside its name and the conditions. */
export interface BatchOptions extends ChangeOptions {
  dryRun?: boolean;
  /** Runs a second, at most. */
  rate?: number;
  reason?: string;
  /** Of a signal: its name. */
  signalName?: string;
  payload?: unknown;
  /** Of a move or a reset: a version. */
  to?: string;
  /** Of a reset. */
  point?: ResetPoint;
  dropSignals?: boolean;
}

/** One of many starts. */
export interface Start extends StartOptions {
  type: string;
  input?: unknown;
  requestId?: string;
}

/** Whether a run with this status can still make progress or be resumed. */
export const isOpen = (status: string): boolean => status === "running" || status === "paused";

/** Calls a cluster. Any node serves any call: it goes to the node that answered last, and to the others if that fails or says nothing. */
export class Client {
  readonly options: ClientOptions;
  private readonly core: Core;

  constructor(options: ClientOptions | string = {}) {
    this.options = typeof options === "string" ? { addresses: options } : options;
    this.core = new Core(this.options);
  }

  /** A client as AION_ADDR, AION_TOKEN, AION_NAMESPACE, AION_CA_FILE, AION_CLIENT_CERT and AION_CLIENT_KEY say, as for the command line. */
  static fromEnv(options: ClientOptions = {}): Client {
    return new Client({ ...optionsFromEnv(), ...options });
  }

  /** Closes idle connections. */
  close(): void {
    this.core.close();
  }

  /** Starts a run. With `wait` the answer has its result, if it closes by then. */
  async start(type: string, input?: unknown, o: StartOptions & ChangeOptions & { wait?: Duration } = {}): Promise<api.StartAnswer> {
    const end = performance.now() + milliseconds(o.wait ?? 0);
    const call = setWait(change("POST", ["v1", "workflows"], startBody({ ...o, type, input }), o.requestId), end - performance.now(), o.signal);
    const a = await this.core.json<api.StartAnswer>(call);
    if (o.wait === undefined || (a.status !== undefined && !isOpen(a.status))) return a;
    const rest = { ...signalOf(o), wait: Math.max(end - performance.now(), 0) };
    let r = await this.outcome(a.workflow_id, { ...rest, runId: a.run_id });
    if (r.continued_to) r = await this.outcome(a.workflow_id, rest); // the result is the one of the chain's last run
    return { ...a, status: r.status, ...("result" in r ? { result: r.result } : {}), ...(r.error ? { error: r.error } : {}) };
  }

  /** Starts a run, waits until it closes, and returns its result. Throws WorkflowFailed if it ends otherwise, StillOpen if `wait` is over first. */
  async execute<T = unknown>(type: string, input?: unknown, o: StartOptions & ChangeOptions & { wait?: Duration } = {}): Promise<T> {
    const { wait, ...start } = o;
    const a = await this.start(type, input, start);
    return this.result<T>(a.workflow_id, { ...signalOf(o), ...(wait === undefined ? {} : { wait }) });
  }

  /**
   * Starts runs, each by itself, and returns a reply for each, in the order asked. Those that may succeed in a moment, or whose outcome is unknown,
   * are repeated as `start` does. A start without a requestId gets one that follows from that of the call and its place.
   */
  async startMany(starts: Start[], o: ChangeOptions = {}): Promise<api.StartReply[]> {
    const base = o.requestId ?? newRequestId();
    const items = starts.map((s, i) => ({ ...startBody(s), request_id: s.requestId ?? `${base}/${i}` }));
    const replies: api.StartReply[] = [];
    for (const part of parts(items)) replies.push(...(await this.startPart(part, o.signal)));
    return replies;
  }

  private async startPart(items: { request_id: string }[], signal?: AbortSignal): Promise<api.StartReply[]> {
    const replies = new Array<api.StartReply>(items.length);
    const maybe = new Set<number>(); // those of which an attempt may have taken effect
    const until = performance.now() + this.core.patience;
    let left = items.map((_, i) => i);
    for (let round = 1; left.length; round++) {
      const call = change("POST", ["v1", "workflows:batch"], { starts: left.map((i) => items[i]) });
      const { results } = await this.core.json<api.StartReplies>({ ...call, signal });
      const again: number[] = [];
      left.forEach((i, n) => {
        replies[i] = results[n]!;
        const p = replies[i].problem && problemOf(replies[i].problem as unknown as Record<string, unknown>);
        if (p && (p.outcome === "retry" || p.code === "outcome_unknown")) {
          again.push(i);
          if (p.outcome === "unknown") maybe.add(i);
        }
      });
      left = again;
      if (left.length && !(await pause(round, until, signal))) break;
    }
    for (const i of left) {
      if (maybe.has(i)) replies[i]!.problem = { ...replies[i]!.problem!, code: "outcome_unknown", outcome: "unknown", request_id: items[i]!.request_id } as api.Problem;
    }
    return replies;
  }

  /** Where a run stands, after waiting for its end. Without a runId it follows a run that continued as new. */
  async outcome(workflowId: string, o: OfRun & CallOptions & { wait?: Duration } = {}): Promise<api.Result> {
    const end = performance.now() + milliseconds(o.wait ?? 0);
    for (;;) {
      const call = setWait(ofRun(get("v1", "workflows", workflowId, "result"), o), end - performance.now(), o.signal);
      const r = await this.core.json<api.Result>(call);
      if (!isOpen(r.status) || performance.now() >= end) return r;
    }
  }

  /** The result of a run, once it has closed. Throws WorkflowFailed if it ended otherwise, StillOpen if `wait` is over first (absent: never). */
  async result<T = unknown>(workflowId: string, o: OfRun & CallOptions & { wait?: Duration } = {}): Promise<T> {
    const r = await this.outcome(workflowId, { ...o, wait: o.wait ?? 365 * 86_400_000 });
    if (r.status === "completed") return r.result as T;
    if (isOpen(r.status)) throw new StillOpen(`workflow ${workflowId} is ${r.status}`);
    throw new WorkflowFailed(r.workflow_id, r.run_id, r.status, r.error ?? { kind: r.status, message: "" });
  }

  async describe(workflowId: string, o: OfRun & CallOptions = {}): Promise<api.Described> {
    return this.core.json({ ...ofRun(get("v1", "workflows", workflowId), o), signal: o.signal });
  }

  /** The events of a run, from `from` on. With `follow` also those to come, until the run closes. */
  async *history(workflowId: string, o: OfRun & CallOptions & { from?: number; follow?: boolean } = {}): AsyncGenerator<api.Event> {
    for (let from = o.from ?? 1; ; ) {
      const call = setWait(ofRun(get("v1", "workflows", workflowId, "history"), o), o.follow ? maxWait / 2 : 0, o.signal);
      call.query.push(["from", String(from)], ["limit", "1000"]);
      const page = await this.core.json<api.History>(call);
      yield* page.events as api.Event[];
      if (!page.next || (page.events.length === 0 && !o.follow)) return;
      from = page.next;
    }
  }

  /** Runs, newest first unless `sort` says otherwise. `where` has conditions such as `amount>=100` (docs/FINDING.md). A page is asked for when it is needed. */
  async *runs(o: CallOptions & { type?: string; status?: string; version?: string; parent?: string; attributes?: Record<string, unknown>; where?: string | string[]; sort?: string; pageSize?: number } = {}): AsyncGenerator<api.Run> {
    for (let cursor = ""; ; ) {
      const call: Call = { ...get("v1", "workflows"), signal: o.signal };
      for (const [name, value] of Object.entries({ type: o.type, status: o.status, version: o.version, parent: o.parent, sort: o.sort, limit: String(o.pageSize ?? 100), cursor })) {
        if (value) call.query.push([name, value]);
      }
      for (const [name, value] of Object.entries(o.attributes ?? {})) call.query.push(["attr", `${/=|^"/.test(name) ? JSON.stringify(name) : name}=${encode(value)}`]);
      for (const w of [o.where ?? []].flat()) call.query.push(["where", w]);
      const page = await this.core.json<api.Runs>(call);
      yield* page.workflows;
      if (!page.next_cursor) return;
      cursor = page.next_cursor;
    }
  }

  /** Sends a message to an open run. No payload is null. */
  async signal(workflowId: string, name: string, payload?: unknown, o: OfRun & ChangeOptions = {}): Promise<api.RunAnswer> {
    return this.core.json({ ...ofRun(change("POST", ["v1", "workflows", workflowId, "signals", name], payload, o.requestId), o), signal: o.signal });
  }

  /** Asks a run something, and changes nothing. */
  async query<T = unknown>(workflowId: string, name: string, args?: unknown, o: OfRun & CallOptions = {}): Promise<T> {
    const call = ofRun(change("POST", ["v1", "workflows", workflowId, "queries", name], args === undefined ? {} : { args }), o);
    return (await this.core.json<api.QueryAnswer>({ ...call, mutation: false, signal: o.signal })).result as T;
  }

  /** Asks a run for something, waits for its answer, and returns that. Throws UpdateRejected if it says no, StillOpen if `wait` is over first. */
  async update<T = unknown>(workflowId: string, name: string, args?: unknown, o: OfRun & ChangeOptions & { updateId?: string; wait?: Duration } = {}): Promise<T> {
    const u = await this.updateOutcome(workflowId, name, args, o);
    if (u.error) throw new UpdateRejected(u.update_id, u.status, u.error);
    if (u.status !== "completed") throw new StillOpen(`update ${u.update_id} is ${u.status}`);
    return u.result as T;
  }

  /** As `update`, with the answer as a value. The same updateId has one effect and one answer; without one it is made up, so that the call may be repeated. */
  async updateOutcome(workflowId: string, name: string, args?: unknown, o: OfRun & ChangeOptions & { updateId?: string; wait?: Duration } = {}): Promise<api.UpdateAnswer> {
    const end = performance.now() + milliseconds(o.wait ?? maxWait);
    const body = { update_id: o.updateId ?? newRequestId(), ...(args === undefined ? {} : { args }) };
    let u = await this.core.json<api.UpdateAnswer>(setWait(ofRun(change("POST", ["v1", "workflows", workflowId, "updates", name], body, o.requestId), o), end - performance.now(), o.signal));
    while (u.status === "accepted" && !u.error && performance.now() < end) {
      const call = ofRun(get("v1", "workflows", u.workflow_id, "updates", u.update_id), u.run_id ? { runId: u.run_id } : {});
      u = await this.core.json<api.UpdateAnswer>(setWait(call, end - performance.now(), o.signal));
    }
    return u;
  }

  /** Asks a run to end; its code decides how. */
  cancel(workflowId: string, reason = "", o: OfRun & ChangeOptions = {}): Promise<api.RunAnswer> {
    return this.command(workflowId, "cancel", { reason }, o);
  }

  /** Closes a run at once, without its code. */
  terminate(workflowId: string, reason = "", o: OfRun & ChangeOptions = {}): Promise<api.RunAnswer> {
    return this.command(workflowId, "terminate", { reason }, o);
  }

  /** Stops a run's code; signals and timers are still recorded. */
  pause(workflowId: string, reason = "", o: OfRun & ChangeOptions = {}): Promise<api.RunAnswer> {
    return this.command(workflowId, "pause", { reason }, o);
  }

  /** Lets a paused run go on. */
  resume(workflowId: string, o: OfRun & ChangeOptions = {}): Promise<api.RunAnswer> {
    return this.command(workflowId, "resume", undefined, o);
  }

  /** Reopens a failed, cancelled, terminated or timed-out run: steps that failed run again, finished ones keep their outcome. */
  reopen(workflowId: string, reason = "", o: OfRun & ChangeOptions = {}): Promise<api.RunAnswer> {
    return this.command(workflowId, "reopen", { reason }, o);
  }

  /**
   * Starts a run anew with its history up to a point (docs/RESET.md). An open run is terminated in the same step, and the new one takes its place.
   */
  reset(workflowId: string, o: ResetOptions = {}): Promise<api.ResetAnswer> {
    return this.core.json({ ...ofRun(change("POST", ["v1", "workflows", workflowId, "reset"], resetBody(o), o.requestId), o), signal: o.signal });
  }

  /** Starts a copy of a run, under another workflow id, with its history up to a point: without one, with all of its turns. */
  fork(workflowId: string, newWorkflowId: string, o: ResetOptions = {}): Promise<api.ResetAnswer> {
    return this.core.json({ ...ofRun(change("POST", ["v1", "workflows", workflowId, "fork"], { ...resetBody(o), as: newWorkflowId }, o.requestId), o), signal: o.signal });
  }

  private command(workflowId: string, verb: string, body: { reason: string } | undefined, o: OfRun & ChangeOptions): Promise<api.RunAnswer> {
    return this.core.json({ ...ofRun(change("POST", ["v1", "workflows", workflowId, verb], body, o.requestId), o), signal: o.signal });
  }

  /**
   * Begins to do one operation to all runs that meet the conditions and started before. The cluster goes on with it, whichever node leads, and does it to each
   * run once: `batch` tells how far it has come.
   */
  async startBatch(operation: api.BatchRequest["operation"], where: string | string[], o: BatchOptions = {}): Promise<api.BatchStarted> {
    const body = {
      operation, where: [where].flat(), dry_run: o.dryRun, rate: o.rate, reason: o.reason, signal: o.signalName, payload: o.payload, to: o.to,
      ...(o.point ? { point: pointBody(o.point) } : {}), drop_signals: o.dropSignals,
    };
    return this.core.json({ ...change("POST", ["v1", "batches"], body, o.requestId), signal: o.signal });
  }

  /** How a batch stands, with a page of the runs to which it could not do its operation. */
  async batch(batchId: string, o: CallOptions & { cursor?: string } = {}): Promise<api.BatchAnswer> {
    const call = get("v1", "batches", batchId);
    if (o.cursor) call.query.push(["cursor", o.cursor]);
    return this.core.json({ ...call, signal: o.signal });
  }

  /** Batches, newest first. */
  async *batches(o: CallOptions = {}): AsyncGenerator<api.Batch> {
    for (let cursor = ""; ; ) {
      const call = get("v1", "batches");
      if (cursor) call.query.push(["cursor", cursor]);
      const page = await this.core.json<api.Batches>({ ...call, signal: o.signal });
      yield* page.batches;
      if (!page.next_cursor) return;
      cursor = page.next_cursor;
    }
  }

  /** Stops a batch. What was done stays done. */
  async stopBatch(batchId: string, o: ChangeOptions = {}): Promise<api.BatchAnswer> {
    return this.core.json({ ...change("DELETE", ["v1", "batches", batchId], undefined, o.requestId), signal: o.signal });
  }

  /** Stops a workflow type or a version: nothing of it starts or makes a turn any more, and its open runs are paused. */
  async stop(what: { type?: string; version?: string; reason?: string }, o: ChangeOptions = {}): Promise<api.StopAnswer> {
    return this.core.json({ ...change("POST", ["v1", "stops"], { type: what.type, version: what.version, reason: what.reason }, o.requestId), signal: o.signal });
  }

  /** Lets a workflow type or a version run again. With `resume` the runs go on that the stop has paused. */
  async unstop(what: { type?: string; version?: string; resume?: boolean }, o: ChangeOptions = {}): Promise<api.StopAnswer> {
    const call = change("DELETE", ["v1", "stops"], undefined, o.requestId);
    for (const [name, value] of Object.entries({ type: what.type, version: what.version, resume: what.resume ? "true" : undefined })) if (value) call.query.push([name, value]);
    return this.core.json({ ...call, signal: o.signal });
  }

  /** What is stopped: types, then versions. */
  async stops(o: CallOptions = {}): Promise<api.Stop[]> {
    return (await this.core.json<api.Stops>({ ...get("v1", "stops"), signal: o.signal })).stops;
  }

  /**
   * The cluster's events as they appear (docs/API.md, "Events"): those of the names, or all. If a connection breaks or a node fails it goes on where it was,
   * at any node: it may repeat the events of one index, and skips none. It throws when no node was reached for as long as the client's patience, or a node
   * refuses.
   */
  events(names: string | string[] = [], o: EventsOptions = {}): AsyncGenerator<StreamEvent> {
    return events(this.core, [names].flat(), o);
  }

  /** Loads a package, the bytes or the path of an .aion file, and routes its workflow types to it. */
  async deploy(archive: Buffer | string, o: ChangeOptions & { route?: boolean; message?: string } = {}): Promise<api.LoadAnswer> {
    const call = change("POST", ["v1", "packages"], undefined, o.requestId);
    if (o.route === false) call.query.push(["route", "false"]);
    if (o.message) call.query.push(["message", o.message]);
    const body = typeof archive === "string" ? await readFile(archive) : archive;
    return this.core.json({ ...call, body, media: "application/octet-stream", slow: true, signal: o.signal });
  }

  /** Stores a package, the bytes or the path of an .aion file, without loading it: `start` takes its `archive`. */
  async storeArchive(archive: Buffer | string, o: ChangeOptions = {}): Promise<api.Archive> {
    const body = typeof archive === "string" ? await readFile(archive) : archive;
    return this.core.json({ ...change("PUT", ["v1", "archives"], undefined, o.requestId), body, media: "application/octet-stream", slow: true, signal: o.signal });
  }

  /** Takes tasks, waiting for the first one. Worker does this, and the rest. */
  async poll(queue: string, activities: string[], o: ChangeOptions & { workerId?: string; maxTasks?: number; wait?: Duration; lease?: Duration } = {}): Promise<api.Task[]> {
    const body = { worker_id: o.workerId ?? "node", activities, max_tasks: o.maxTasks ?? 1, wait: goDuration(o.wait ?? 30_000), lease: goDuration(o.lease ?? 30_000) };
    const call = change("POST", ["v1", "queues", queue, "poll"], body, o.requestId);
    call.wait = Math.min(Math.max(milliseconds(o.wait ?? 30_000), 0), maxWait);
    return (await this.core.json<api.Tasks>({ ...call, signal: o.signal })).tasks;
  }

  /** Reports the output of an attempt. */
  complete(token: string, output: unknown, o: ChangeOptions = {}): Promise<api.TaskReply> {
    return this.report("complete", "results", { token, output: output ?? null }, o);
  }

  /** Reports that an attempt failed. */
  fail(token: string, failure: { message: string; kind?: string; retryable: boolean; details?: unknown }, o: ChangeOptions = {}): Promise<api.TaskReply> {
    return this.report("fail", "results", { token, ...failure }, o);
  }

  /** Reports that an attempt goes on: its lease starts anew. */
  async heartbeat(token: string, details?: unknown, o: CallOptions = {}): Promise<api.TaskReply> {
    const call = change("POST", ["v1", "tasks", "heartbeat"], { tokens: [{ token, ...(details === undefined ? {} : { details }) }] });
    return (await this.core.json<api.TaskReplies>({ ...call, mutation: false, signal: o.signal })).results[0]!;
  }

  /** Gives an attempt back undone: it is offered again at once, and did not fail. */
  release(token: string, o: ChangeOptions = {}): Promise<api.TaskReply> {
    return this.report("release", "tokens", { token }, o);
  }

  /** Lets go of an attempt whose outcome comes later, from anywhere: by its token, or by its ids. */
  defer(token: string, o: ChangeOptions = {}): Promise<api.TaskReply> {
    return this.report("later", "tokens", { token }, o);
  }

  /** Ends an activity by its ids, from any process. `attempt` is a fence: only if this is the newest attempt, and it is under way. */
  completeActivity(runId: string, activityId: number, output?: unknown, o: ChangeOptions & { attempt?: number } = {}): Promise<api.ActivityAnswer> {
    return this.reportActivity(runId, activityId, "complete", { output: output ?? null, attempt: o.attempt }, o);
  }

  /** Lets an activity fail by its ids. */
  failActivity(runId: string, activityId: number, failure: { message: string; kind?: string; retryable: boolean; details?: unknown }, o: ChangeOptions & { attempt?: number } = {}): Promise<api.ActivityAnswer> {
    return this.reportActivity(runId, activityId, "fail", { ...failure, attempt: o.attempt }, o);
  }

  /** Says by its ids that an activity goes on. `cancel_requested` in the answer: it is to end. */
  heartbeatActivity(runId: string, activityId: number, details?: unknown, o: ChangeOptions & { attempt?: number } = {}): Promise<api.ActivityAnswer> {
    return this.reportActivity(runId, activityId, "heartbeat", { details, attempt: o.attempt }, o);
  }

  private async reportActivity(runId: string, activityId: number, verb: string, body: object, o: ChangeOptions): Promise<api.ActivityAnswer> {
    return this.core.json({ ...change("POST", ["v1", "runs", runId, "activities", String(activityId), verb], body, o.requestId), signal: o.signal });
  }

  private async report(verb: string, member: string, item: object, o: ChangeOptions): Promise<api.TaskReply> {
    const call = change("POST", ["v1", "tasks", verb], { [member]: [item] }, o.requestId);
    return (await this.core.json<api.TaskReplies>({ ...call, signal: o.signal })).results[0]!;
  }

  /** Any call of the HTTP API (docs/API.md), with the same retries: `client.call<api.Versions>("GET", "/v1/versions", { query: { type: "order" } })`. */
  async call<T = Record<string, unknown>>(method: string, path: string, o: ChangeOptions & { body?: unknown; query?: Record<string, string | string[]>; wait?: Duration } = {}): Promise<T> {
    const c: Call = { method, path, query: [], mutation: method !== "GET", wait: 0, requestId: o.requestId };
    if (o.body !== undefined) setBody(c, o.body);
    for (const [name, value] of Object.entries(o.query ?? {})) for (const v of Array.isArray(value) ? value : [value]) c.query.push([name, v]);
    return this.core.json<T>(setWait(c, milliseconds(o.wait ?? 0), o.signal));
  }
}

const duration = (d: Duration | undefined): string | undefined => (d === undefined ? undefined : goDuration(d));

// What is undefined is left out when a body is encoded.
function startBody(s: Start): Record<string, unknown> {
  return {
    type: s.type, input: s.input, workflow_id: s.workflowId, version: s.version, attributes: s.attributes, timeout: duration(s.timeout), signal: s.withSignal, if_open: s.ifOpen,
    if_closed: s.ifClosed, delay: duration(s.delay), retry: s.retry === undefined ? undefined : retryBody(s.retry), chain_timeout: duration(s.chainTimeout),
    archive: s.archive, ephemeral: s.ephemeral, signatures: s.signatures,
  };
}

function retryBody(r: Retry | number): Record<string, unknown> {
  if (typeof r === "number") return { max_attempts: r };
  return { max_attempts: r.maxAttempts, backoff: duration(r.backoff), factor: r.factor, max_backoff: duration(r.maxBackoff), non_retryable: r.nonRetryable };
}

const pointBody = (p: ResetPoint) => ({ to: p.to === undefined ? undefined : String(p.to), to_event: p.toEvent, to_version: p.toVersion });

const resetBody = (o: ResetOptions) => ({ ...pointBody(o), on: o.on, drop_signals: o.dropSignals, reason: o.reason, dry_run: o.dryRun });

function ofRun(call: Call, o: OfRun): Call {
  if (o.runId) call.query.push(["run_id", o.runId]);
  return call;
}

function setWait(call: Call, wait: number, signal?: AbortSignal): Call {
  call.signal = signal;
  if (wait > 0) {
    call.wait = Math.min(wait, maxWait);
    call.query.push(["wait", goDuration(call.wait)]);
  }
  return call;
}

const signalOf = (o: CallOptions): CallOptions => (o.signal ? { signal: o.signal } : {});

/** Cuts a batch into parts that one call takes: a thousand starts, and half of the 16 MiB that a node accepts. */
function* parts<T>(items: T[]): Generator<T[]> {
  let part: T[] = [];
  let size = 0;
  for (const item of items) {
    const n = Buffer.byteLength(encode(item));
    if (part.length && (part.length === 1000 || size + n > 8 << 20)) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(item);
    size += n;
  }
  if (part.length) yield part;
}
