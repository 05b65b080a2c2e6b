// The client.
import { readFile } from "node:fs/promises";
import type * as api from "./api.js";
import { type Call, type ClientOptions, Core, change, get, maxWait, newRequestId, optionsFromEnv, pause, setBody } from "./core.js";
import { StillOpen, UpdateRejected, WorkflowFailed, problemOf } from "./errors.js";
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

export interface StartOptions {
  workflowId?: string;
  version?: string;
  attributes?: Record<string, unknown>;
  timeout?: Duration;
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

  /** Runs, newest first. A page is asked for when it is needed. */
  async *runs(o: CallOptions & { type?: string; status?: string; version?: string; parent?: string; attributes?: Record<string, unknown>; pageSize?: number } = {}): AsyncGenerator<api.Run> {
    for (let cursor = ""; ; ) {
      const call: Call = { ...get("v1", "workflows"), signal: o.signal };
      for (const [name, value] of Object.entries({ type: o.type, status: o.status, version: o.version, parent: o.parent, limit: String(o.pageSize ?? 100), cursor })) {
        if (value) call.query.push([name, value]);
      }
      for (const [name, value] of Object.entries(o.attributes ?? {})) call.query.push(["attr", `${/=|^"/.test(name) ? JSON.stringify(name) : name}=${encode(value)}`]);
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

  private command(workflowId: string, verb: string, body: { reason: string } | undefined, o: OfRun & ChangeOptions): Promise<api.RunAnswer> {
    return this.core.json({ ...ofRun(change("POST", ["v1", "workflows", workflowId, verb], body, o.requestId), o), signal: o.signal });
  }

  /** Loads a package, the bytes or the path of an .aion file, and routes its workflow types to it. */
  async deploy(archive: Buffer | string, o: ChangeOptions & { route?: boolean; message?: string } = {}): Promise<api.LoadAnswer> {
    const call = change("POST", ["v1", "packages"], undefined, o.requestId);
    if (o.route === false) call.query.push(["route", "false"]);
    if (o.message) call.query.push(["message", o.message]);
    const body = typeof archive === "string" ? await readFile(archive) : archive;
    return this.core.json({ ...call, body, media: "application/octet-stream", slow: true, signal: o.signal });
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

function startBody(s: Start): Record<string, unknown> {
  return {
    type: s.type, ...(s.input === undefined ? {} : { input: s.input }), ...(s.workflowId === undefined ? {} : { workflow_id: s.workflowId }),
    ...(s.version === undefined ? {} : { version: s.version }), ...(s.attributes === undefined ? {} : { attributes: s.attributes }),
    ...(s.timeout === undefined ? {} : { timeout: goDuration(s.timeout) }),
  };
}

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
