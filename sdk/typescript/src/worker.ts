// The worker: it takes tasks from a queue, has handlers carry them out, keeps their leases, and delivers their outcomes.
//
// It lives in the event loop of its handlers: one that computes for long without awaiting anything costs all tasks their heartbeats.
import { hostname } from "node:os";
import type * as api from "./api.js";
import { Client } from "./client.js";
import { type Call, type ClientOptions, Core, change, maxWait, newRequestId, optionsFromEnv } from "./core.js";
import { AttemptOver, type Cause, Failure, Later, Problem, Rejected, problem } from "./errors.js";
import { type Duration, clip, encode, goDuration, milliseconds } from "./values.js";

const beatsPerLease = 3; // one heartbeat may be lost, and the next one be late
const detailsWithin = 1000; // details are sent this soon after the heartbeat before
const pollsAtATime = 2;
const pollAttempt = 10_000, sendAttempt = 10_000;
const sendAtLeast = 10_000; // how long an outcome is sent again after its lease has ended: a cluster without a leader ends no leases
const maxSenders = 4, maxBatch = 500, maxBytes = 4 << 20;
const grace = 5000; // how long handlers may take to end after they were told to
const maxDetails = 64 << 10; // bytes of the details of one heartbeat
const maxKind = 200, maxMessage = 8 << 10; // bytes that a node takes of a failure

/** One attempt at an activity, as its handler sees it. */
export interface Attempt {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly activity: string;
  /** The number of the step within its run. */
  readonly activityId: number;
  /** Names this attempt, for those who report its outcome later: see Later. */
  readonly token: string;
  /** 1 for the first attempt. No number is used twice. */
  readonly number: number;
  /** What the attempt before reported last; undefined if nothing. */
  readonly details: unknown;
  /** The end of this attempt, by the cluster's clock. */
  readonly deadline: Date | undefined;
  /** W3C Trace Context, for the headers of what the handler calls. */
  readonly traceparent: string | undefined;
  /** Names the step, and is the same in every attempt at it: an idempotency key for effects elsewhere. */
  readonly key: string;
  /** Aborted when the attempt is over, with an AttemptOver as its reason. Pass it to fetch, timers and the like. */
  readonly signal: AbortSignal;
  /** Why the attempt is over; undefined while it goes on. */
  readonly cause: Cause | undefined;
  /**
   * Reports how far the handler is: the next attempt reads it as `details`. The newest details travel within a second, and before a failure does.
   * A handler need not call it to keep its task. Throws AttemptOver if the attempt is over.
   */
  heartbeat(details: unknown): void;
}

/** Carries out an activity: what it returns, as JSON, is the output; what it throws fails the attempt. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Handler = (input: any, attempt: Attempt) => unknown;

export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, e?: unknown): void;
}

export interface WorkerOptions {
  /** A client, or its options; absent: as AION_ADDR and the like say. */
  client?: Client | ClientOptions;
  queue?: string;
  activities?: Record<string, Handler>;
  /** The worker's name, for people. */
  id?: string;
  /** Of the handlers' code, for people: `aion-node queue describe` shows it. Clusters of builds before it refuse it. */
  version?: string;
  /** Handlers at a time, at most 10,000; 100 unless given. */
  concurrency?: number;
  /** How long the worker may be silent about a task before another gets it; 30 s unless given, 1 s or more. */
  lease?: Duration;
  /** One long poll; 30 s unless given. */
  wait?: Duration;
  /** How long handlers may go on after the worker was told to end; 30 s unless given. */
  drain?: Duration;
  logger?: Logger;
}

/** What a worker has done. */
export interface Stats {
  taken: number;
  completed: number;
  failed: number;
  cancelled: number;
  lost: number;
  released: number;
  /** Attempts whose outcome comes later, from elsewhere. */
  deferred: number;
  undelivered: number;
}

/** A task in hand, from the poll that took it until its outcome is recorded. */
class Hold implements Attempt {
  private readonly over = new AbortController();
  cause: Cause | undefined;
  readonly signal = this.over.signal;
  beaten: number; // when the newest answered heartbeat was sent
  beatAt: number; // when the next one is due
  beating: Promise<void> | undefined; // the heartbeat on its way
  unsent: string | undefined; // details of the handler
  lost = false;
  returned = false;

  constructor(readonly task: api.Task, readonly lease: number, now: number, private readonly rouse: () => void) {
    this.beaten = now;
    this.beatAt = now + lease / beatsPerLease;
  }

  get workflowId(): string { return this.task.workflow_id; }
  get runId(): string { return this.task.run_id; }
  get workflowType(): string { return this.task.workflow_type; }
  get activity(): string { return this.task.activity; }
  get activityId(): number { return this.task.activity_id; }
  get token(): string { return this.task.token; }
  get number(): number { return this.task.attempt; }
  get details(): unknown { return this.task.details; }
  get deadline(): Date | undefined { return this.task.deadline === undefined ? undefined : new Date(this.task.deadline); }
  get traceparent(): string | undefined { return this.task.traceparent; }
  get key(): string { return `${this.task.run_id}:${this.task.activity_id}`; }
  get until(): number { return this.beaten + this.lease; }

  heartbeat(details: unknown): void {
    const text = encode(details);
    const size = Buffer.byteLength(text);
    if (size > maxDetails) throw new RangeError(`details of a heartbeat have ${size} bytes, more than ${maxDetails}`);
    this.signal.throwIfAborted();
    this.unsent = text;
    this.beatAt = Math.min(this.beatAt, this.beaten + Math.min(detailsWithin, this.lease / beatsPerLease));
    this.rouse();
  }

  end(cause: Cause): void {
    if (this.cause || this.returned) return;
    this.cause = cause;
    this.over.abort(new AttemptOver(cause));
  }

  toString(): string {
    const t = this.task;
    return `${t.activity} of workflow ${t.workflow_id} run ${t.run_id} step ${t.activity_id} attempt ${t.attempt}`;
  }
}

type Verb = "complete" | "fail" | "release" | "later";

interface Outcome {
  hold: Hold;
  verb: Verb;
  body: string; // members of the item beside the token
  unwanted: boolean; // the workflow had given the activity up
  plain?: boolean; // refused once, and stripped
  failure?: Failure;
}

/** Carries out the activities of one queue. Make it, then `run` it, once. */
export class Worker {
  readonly stats: Stats = { taken: 0, completed: 0, failed: 0, cancelled: 0, lost: 0, released: 0, deferred: 0, undelivered: 0 };
  readonly id: string;
  private readonly core: Core;
  private readonly queue: string;
  private readonly version: string | undefined;
  private readonly handlers = new Map<string, Handler>();
  private readonly concurrency: number;
  private readonly lease: number;
  private readonly wait: number;
  private readonly drain: number;
  private readonly log: Logger;
  private readonly holds = new Set<Hold>();
  private readonly outcomes: Record<Verb, Outcome[]> = { complete: [], fail: [], release: [], later: [] };
  private readonly senders = new Set<Promise<void>>();
  private readonly stopping = new AbortController(); // no more tasks
  private readonly hurry = new AbortController(); // handlers get no time to finish
  private running = 0; // handlers that have not returned
  private asked = 0; // tasks that polls on their way ask for
  private ran = false;
  private watchers: (() => void)[] = [];
  private rouse: () => void = () => {};

  constructor(o: WorkerOptions = {}) {
    this.core = new Core(o.client instanceof Client ? o.client.options : (o.client ?? optionsFromEnv()));
    this.queue = o.queue ?? "default";
    this.version = o.version;
    this.id = o.id ?? `${hostname().slice(0, 100)}-${process.pid}-${newRequestId().slice(0, 6)}`;
    this.concurrency = o.concurrency ?? 100;
    this.lease = milliseconds(o.lease ?? 30_000);
    this.wait = milliseconds(o.wait ?? 30_000);
    this.drain = milliseconds(o.drain ?? 30_000);
    this.log = o.logger ?? { info: () => {}, warn: (m) => console.warn(`aion: ${m}`), error: (m, e) => console.error(`aion: ${m}`, ...(e === undefined ? [] : [e])) };
    if (!Number.isInteger(this.concurrency) || this.concurrency < 1 || this.concurrency > 10_000) throw new RangeError(`concurrency is ${this.concurrency}, it must be between 1 and 10000`);
    if (!(this.lease >= 1000)) throw new RangeError(`lease is ${this.lease} ms, it must be at least 1000`);
    if (!(this.wait >= 0 && this.wait <= maxWait)) throw new RangeError(`wait is ${this.wait} ms, it must be between 0 and ${maxWait}`);
    for (const [name, handler] of Object.entries(o.activities ?? {})) this.handle(name, handler);
  }

  /** Sets the handler of an activity, and returns the worker. */
  handle(name: string, handler: Handler): this {
    if (this.ran) throw new Error("handle comes before run");
    if (!name || this.handlers.has(name)) throw new TypeError(name ? `activity ${JSON.stringify(name)} has two handlers` : "an activity has a name");
    this.handlers.set(name, handler);
    return this;
  }

  /** Tells `run` to end. `now` leaves handlers no time to finish. */
  stop(o: { now?: boolean } = {}): void {
    this.stopping.abort();
    if (o.now) this.hurry.abort();
  }

  /**
   * Works until `stop`, or with `signals` until SIGTERM or SIGINT (a second one stops handlers at once). Then it drains: it takes no more tasks, lets
   * handlers finish for `drain`, stops the others, gives back what they leave undone, and resolves once everything is delivered. It rejects if a node
   * refuses to give tasks in a way that asking again cannot mend, or if handlers do not end 5 s after they were told to.
   */
  async run(o: { signals?: boolean } = {}): Promise<void> {
    if (this.handlers.size === 0) throw new Error("the worker has no handler");
    if (this.ran) throw new Error("a worker runs once");
    this.ran = true;
    const told = () => this.stop({ now: this.stopping.signal.aborted });
    if (o.signals) for (const s of ["SIGTERM", "SIGINT"] as const) process.on(s, told);
    const names = [...this.handlers.keys()].sort();
    this.log.info(`worker ${this.id} serves queue ${this.queue}: ${names.join(", ")}`);
    const keeping = new AbortController();
    const keeper = this.keep(keeping.signal);
    try {
      const refused: unknown[] = [];
      const polls = Array.from({ length: Math.min(pollsAtATime, this.concurrency) }, () =>
        this.poll(names, Math.ceil(this.concurrency / pollsAtATime)).catch((e: unknown) => {
          if (!this.stopping.signal.aborted) refused.push(e);
          this.stop();
        }));
      await Promise.all(polls);
      await this.finish();
      if (refused.length) throw refused[0];
      if (this.running) throw new Error(`${this.running} handlers have not returned ${grace} ms after their attempts were over`);
    } finally {
      keeping.abort();
      await keeper;
      this.core.close();
      if (o.signals) for (const s of ["SIGTERM", "SIGINT"] as const) process.off(s, told);
      this.log.info(`worker ${this.id} has ended: ${JSON.stringify(this.stats)}`);
    }
  }

  /** Waits for handlers, stops those that take too long, and waits until all outcomes are delivered. */
  private async finish(): Promise<void> {
    const idle = () => this.running === 0;
    await this.until(idle, AbortSignal.any([this.hurry.signal, AbortSignal.timeout(this.drain)]));
    if (!idle()) {
      for (const h of this.holds) h.end("stopped");
      await this.until(idle, AbortSignal.timeout(grace));
    }
    while (this.senders.size) await Promise.all(this.senders);
  }

  /** Waits until enough() holds, or the signal is aborted. */
  private async until(enough: () => boolean, signal: AbortSignal): Promise<void> {
    while (!enough() && !signal.aborted) {
      await orAborted(signal, (resolve) => {
        this.watchers.push(resolve);
      });
    }
  }

  private changed(): void {
    const all = this.watchers;
    this.watchers = [];
    for (const w of all) w();
  }

  // --- Tasks come in

  /** How many tasks may be asked for. Those whose outcome is on its way occupy no handler, but their number stays bounded. */
  private room(most: number): number {
    return Math.min(this.concurrency - this.running - this.asked, 2 * this.concurrency - this.holds.size - this.asked, most, 1000);
  }

  /** Takes tasks until the worker stops, or until a node refuses in a way that asking again cannot mend. */
  private async poll(names: string[], most: number): Promise<void> {
    const stopped = this.stopping.signal;
    const rest = new Pause();
    while (!stopped.aborted) {
      await this.until(() => this.room(most) > 0, stopped);
      if (stopped.aborted) return;
      const n = this.room(most);
      if (n <= 0) continue; // another poll was told of the same room, and went first
      this.asked += n;
      const began = performance.now();
      const body = { worker_id: this.id, worker_version: this.version || undefined, activities: names, max_tasks: n, wait: goDuration(this.wait), lease: goDuration(this.lease) };
      const call: Call = { ...change("POST", ["v1", "queues", this.queue, "poll"], body), wait: this.wait, attempt: pollAttempt, total: pollAttempt, signal: stopped };
      try {
        const { tasks } = await this.core.json<api.Tasks>(call);
        for (const t of tasks) this.begin(t);
        rest.reset();
        if (tasks.length === 0 && performance.now() - began < Math.min(1000, this.wait)) await rest.wait(stopped); // the node closes, or another worker was quicker
      } catch (e) {
        if (stopped.aborted) return;
        if (!(e instanceof Problem) || (e instanceof Rejected && e.code !== "resource_exhausted")) throw e;
        this.log.warn(`no work could be asked for: ${e.message}`);
        await rest.wait(stopped);
      } finally {
        this.asked -= n;
        this.changed();
      }
    }
  }

  /** Starts the handler of a task. */
  private begin(task: api.Task): void {
    const h = new Hold(task, task.lease ? milliseconds(task.lease) : this.lease, performance.now(), () => this.rouse());
    this.holds.add(h);
    this.running++;
    this.stats.taken++;
    this.rouse();
    const left = h.deadline ? h.deadline.getTime() - Date.now() : 0;
    const timer = h.deadline && left < 2 ** 31 ? setTimeout(() => h.end("timeout"), Math.max(left, 0)) : undefined;
    void this.carryOut(h).then((o) => {
      clearTimeout(timer);
      h.returned = true;
      this.running--;
      this.changed();
      if (h.lost && o.verb !== "complete") {
        this.stats.lost++;
        this.remove(h);
        return;
      }
      this.deliver(o);
    });
  }

  /** Runs the handler, whatever it does. */
  private async carryOut(h: Hold): Promise<Outcome> {
    let value: unknown;
    try {
      value = await this.handlers.get(h.activity)!(h.task.input, h);
    } catch (e) {
      return this.failure(h, e);
    }
    try { // It counts even if the attempt was over: the cluster knows whether it is in time.
      return { hold: h, verb: "complete", body: `"output":${encode(value)}`, unwanted: h.cause === "cancelled" };
    } catch (e) {
      return failed(h, new Failure(`the output cannot be encoded: ${(e as Error).message}`, { kind: "invalid_output" }), false);
    }
  }

  /** What a handler threw. After the attempt was lost or the worker stopped that is no failure of the activity. */
  private failure(h: Hold, e: unknown): Outcome {
    if (e instanceof Later) return { hold: h, verb: "later", body: "", unwanted: h.cause === "cancelled" };
    if (h.cause === "stopped" || h.cause === "lease_lost") return { hold: h, verb: "release", body: "", unwanted: false };
    const text = e instanceof Error ? e.message || e.name : String(e);
    if (e instanceof Failure) return failed(h, e, h.cause === "cancelled");
    if (h.cause === "cancelled") return failed(h, new Failure(text, { kind: "cancelled" }), true);
    if (h.cause === "timeout") return failed(h, new Failure(text, { kind: "timeout", retryable: true }), false);
    this.log.error(`a handler failed: ${h}`, e);
    const details = e instanceof Error ? { exception: e.name, stack: clip(e.stack ?? "", 8 << 10) } : undefined;
    return failed(h, new Failure(text, { retryable: true, details }), false);
  }

  private remove(h: Hold): void {
    this.holds.delete(h);
    this.changed();
  }

  // --- Leases are kept

  /** Sends heartbeats for all tasks in hand, in one call for all that are due. A task whose lease has run out without one is lost. */
  private async keep(over: AbortSignal): Promise<void> {
    const beats = new Set<Promise<void>>();
    while (!over.aborted) {
      const now = performance.now();
      for (const h of this.holds) {
        if (h.lost || h.returned || now < h.until) continue;
        h.lost = true;
        h.end("lease_lost");
      }
      const live = [...this.holds].filter((h) => !h.lost && !h.beating);
      if (live.some((h) => now >= h.beatAt)) {
        const due = live.filter((h) => now >= h.beatAt || now >= h.beaten + h.lease / beatsPerLease / 2);
        for (const batch of batches(due, (h) => h.unsent?.length ?? 0)) {
          const round = batch.map((h) => ({ h, details: h.unsent }));
          for (const h of batch) h.unsent = undefined;
          const sent = this.beat(round).finally(() => {
            for (const h of batch) h.beating = undefined;
            beats.delete(sent);
            this.rouse();
          });
          beats.add(sent);
          for (const h of batch) h.beating = sent;
        }
      }
      let wake = now + 60_000;
      for (const h of this.holds) {
        if (h.lost) continue;
        if (!h.beating) wake = Math.min(wake, h.beatAt);
        if (!h.returned) wake = Math.min(wake, h.until);
      }
      let timer: NodeJS.Timeout | undefined;
      await orAborted(over, (resolve) => {
        timer = setTimeout(resolve, Math.max(wake - performance.now(), 0));
        this.rouse = resolve;
      });
      clearTimeout(timer);
    }
    await Promise.all(beats);
  }

  /** Sends one round of heartbeats, and learns which tasks are still this worker's, and wanted. */
  private async beat(round: { h: Hold; details: string | undefined }[]): Promise<void> {
    const sent = performance.now();
    const shortest = Math.min(...round.map(({ h }) => h.lease));
    const each = Math.max(shortest / beatsPerLease, 1000);
    const late = AbortSignal.timeout(each);
    try {
      const items = round.map(({ h, details }) => item(h.task.token, details === undefined ? "" : `"details":${details}`));
      const replies = await this.post("heartbeat", "tokens", items, each / 2, each, undefined, late);
      round.forEach(({ h, details }, i) => this.beaten(h, details, replies[i]!, sent));
    } catch (e) {
      if (ofContent(e)) {
        if (round.length > 1) for (const one of round) await this.beat([one]); // one of them makes the call fail for the others
        else this.beaten(round[0]!.h, round[0]!.details, { token: "", ok: false, code: e.code, detail: e.detail }, sent);
        return;
      }
      this.log.warn(`no sign of life could be given for ${round.length} tasks: ${late.aborted ? "no answer in time" : (e as Error).message}`);
      for (const { h, details } of round) {
        h.beatAt = performance.now() + Math.min(shortest / beatsPerLease / 4, 1000);
        h.unsent ??= details;
      }
    }
  }

  /** Takes the reply to one heartbeat. */
  private beaten(h: Hold, details: string | undefined, r: api.TaskReply, sent: number): void {
    const now = performance.now();
    h.beatAt = now + h.lease / beatsPerLease;
    if (r.ok) {
      h.beaten = sent;
      h.beatAt = sent + h.lease / beatsPerLease;
      if (h.unsent !== undefined) h.beatAt = sent + Math.min(detailsWithin, h.lease / beatsPerLease); // there are newer ones meanwhile
      if (r.cancel_requested) h.end("cancelled");
    } else if (h.returned) {
      // its outcome may have arrived before this heartbeat
    } else if (r.code === "lease_lost") {
      h.lost = true;
      h.end("lease_lost");
      this.log.warn(`a task is no longer this worker's: ${h}: ${r.detail}`);
    } else {
      h.beatAt = details === undefined ? now + h.lease / beatsPerLease / 4 : now;
      this.log.warn(`details of a heartbeat were refused: ${h}: ${r.detail}`);
    }
  }

  // --- Outcomes go out

  private deliver(o: Outcome): void {
    this.outcomes[o.verb].push(o);
    if (this.senders.size < maxSenders) {
      const sender: Promise<void> = this.send().finally(() => this.senders.delete(sender));
      this.senders.add(sender);
    }
  }

  /** Sends what waits until nothing does: what came meanwhile together, a lone outcome at once. */
  private async send(): Promise<void> {
    for (;;) {
      const verb = (Object.keys(this.outcomes) as Verb[]).reduce((a, b) => (this.outcomes[b].length > this.outcomes[a].length ? b : a));
      const [batch] = batches(this.outcomes[verb], (o) => o.body.length);
      if (!batch) return;
      this.outcomes[verb].splice(0, batch.length);
      await this.report(batch);
    }
  }

  /** Reports outcomes of one verb, for as long as they may still matter. */
  private async report(batch: Outcome[]): Promise<void> {
    const { verb } = batch[0]!;
    if (verb !== "complete") await this.flush(batch.map((o) => o.hold));
    const items = batch.map((o) => item(o.hold.task.token, o.body));
    const requestId = newRequestId();
    for (const rest = new Pause(); ; ) {
      const left = Math.max(...batch.map(({ hold: h }) => h.until + Math.max(h.lease, sendAtLeast))) - performance.now();
      try {
        const replies = await this.post(verb, verb === "release" || verb === "later" ? "tokens" : "results", items, sendAttempt, Math.max(left, sendAttempt), requestId);
        batch.forEach((o, i) => this.reported(o, replies[i]!));
        return;
      } catch (e) {
        if (ofContent(e)) {
          if (batch.length > 1) for (const o of batch) await this.report([o]);
          else this.reported(batch[0]!, { token: "", ok: false, code: e.code, detail: e.detail });
          return;
        }
        if (left <= 0) {
          this.log.error(`${batch.length} outcomes could not be delivered before their leases ended, other workers repeat the work`, e);
          this.stats.undelivered += batch.length;
          for (const o of batch) this.remove(o.hold);
          return;
        }
        this.log.warn(`${batch.length} outcomes could not be delivered yet: ${(e as Error).message}`);
        await rest.wait();
      }
    }
  }

  /** Sends the details of the handlers' last heartbeats, so that the next attempts get them. */
  private async flush(holds: Hold[]): Promise<void> {
    for (const h of holds) while (h.beating) await h.beating;
    for (const part of batches(holds.filter((h) => h.unsent !== undefined), (h) => h.unsent!.length)) {
      const items = part.map((h) => item(h.task.token, `"details":${h.unsent}`));
      for (const h of part) h.unsent = undefined;
      await this.post("heartbeat", "tokens", items, sendAttempt, sendAttempt).catch((e: Error) => this.log.warn(`details of ${part.length} heartbeats could not be delivered: ${e.message}`));
    }
  }

  /** Takes the reply to one outcome. */
  private reported(o: Outcome, r: api.TaskReply): void {
    const detail = r.detail ?? "";
    if (r.ok) {
      this.stats[o.verb === "complete" ? "completed" : o.verb === "fail" ? (o.unwanted ? "cancelled" : "failed") : o.verb === "later" ? "deferred" : "released"]++;
    } else if (r.code === "lease_lost") {
      this.stats[o.unwanted ? "cancelled" : "lost"]++;
      if (!o.unwanted) this.log.warn(`an outcome came too late: ${o.hold}: ${detail}`);
    } else if (o.verb === "complete") { // otherwise the activity would never have an outcome
      this.log.error(`an output was refused: ${o.hold}: ${detail}`);
      this.deliver(failed(o.hold, new Failure(detail, { kind: "invalid_output" }), o.unwanted));
      return;
    } else if (o.verb === "fail" && !o.plain) {
      const f = o.failure!;
      const text = `${clip(f.message, 200)} (details were refused: ${clip(detail, 200)})`;
      this.deliver({ ...failed(o.hold, new Failure(text, { kind: f.kind, retryable: f.retryable }), o.unwanted), plain: true });
      return;
    } else {
      this.stats.undelivered++;
      this.log.error(`an outcome was refused: ${o.hold}: ${detail}`);
    }
    this.remove(o.hold);
  }

  /** One call about tokens. A heartbeat needs no request id: renewing a lease twice is renewing it. */
  private async post(verb: string, member: string, items: string[], attempt: number, total: number, requestId?: string, signal?: AbortSignal): Promise<api.TaskReply[]> {
    const call: Call = {
      ...change("POST", ["v1", "tasks", verb], undefined, requestId), generated: requestId !== undefined, mutation: verb !== "heartbeat",
      body: Buffer.from(`{"${member}":[${items.join(",")}]}`), media: "application/json", attempt, total, signal,
    };
    const { results } = await this.core.json<api.TaskReplies>(call);
    if (results.length !== items.length) throw problem("internal", "the number of results differs from the number sent", { outcome: "unknown" });
    return results;
  }
}

/** Grows with each failure, with jitter, so that workers do not come back together. */
class Pause {
  private next = 0;

  reset(): void {
    this.next = 0;
  }

  async wait(over?: AbortSignal): Promise<void> {
    this.next = Math.min(Math.max(2 * this.next, 50), 5000);
    let timer: NodeJS.Timeout | undefined;
    await orAborted(over, (resolve) => {
      timer = setTimeout(resolve, this.next / 2 + (Math.random() * this.next) / 2);
    });
    clearTimeout(timer);
  }
}

/** Waits until what begin was given is called, or the signal is aborted. The signal keeps no listener: it may live long. */
function orAborted(signal: AbortSignal | undefined, begin: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal?.removeEventListener("abort", done);
      resolve();
    };
    if (signal?.aborted) return resolve();
    signal?.addEventListener("abort", done);
    begin(done);
  });
}

function failed(hold: Hold, f: Failure, unwanted: boolean): Outcome {
  let body = encode({ message: clip(f.message, maxMessage), kind: clip(f.kind, maxKind), retryable: f.retryable }).slice(1, -1);
  if (f.details !== undefined) {
    let details: string;
    try {
      details = encode(f.details);
    } catch (e) {
      details = encode(`the details cannot be encoded: ${(e as Error).message}`);
    }
    body += `,"details":${details}`;
  }
  return { hold, verb: "fail", body, unwanted, failure: f };
}

const item = (token: string, members: string): string => `{"token":${JSON.stringify(token)}${members && "," + members}}`;

/** Whether a call was refused for what it carries, which no node would take. */
const ofContent = (e: unknown): e is Rejected => e instanceof Rejected && (e.status === 400 || e.status === 413);

/** Cuts a list into parts that fit into one call each. */
function* batches<T>(all: T[], size: (x: T) => number): Generator<T[]> {
  let part: T[] = [];
  let total = 0;
  for (const x of all) {
    const n = size(x);
    if (part.length && (part.length >= maxBatch || total + n > maxBytes)) {
      yield part;
      part = [];
      total = 0;
    }
    part.push(x);
    total += n;
  }
  if (part.length) yield part;
}
