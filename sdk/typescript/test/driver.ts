// The driver of the conformance suite (sdk/conformance/README.md): reads steps from standard input, and says what came of each.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Attempt, AttemptOver, Client, Failure, Later, OutcomeUnknown, Problem, Rejected, type StartOptions, TryAgain, Worker } from "../src/index.js";
import { milliseconds } from "../src/values.js";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type With = Record<string, any>;
type Seen = { activity: string; attempt: number; input: unknown; details: unknown; key: string; run: string; activity_id: number; token: string; ended?: string };

const seen: Seen[] = [];
const gates = new Set<string>();
const workers = new Map<string, { worker: Worker; over: Promise<unknown> }>();
let client: Client;

/** A handler that does one thing of the script after the other. */
function handler(scripts: Record<string, unknown>[][]) {
  return async (input: unknown, a: Attempt): Promise<unknown> => {
    const mine: Seen = { activity: a.activity, attempt: a.number, input, details: a.details ?? null, key: a.key, run: a.runId, activity_id: a.activityId, token: a.token };
    seen.push(mine);
    try {
      const out = await play(scripts[Math.min(a.number, scripts.length) - 1]!, input, a);
      mine.ended = "returned";
      return out;
    } catch (e) {
      mine.ended = e instanceof Later ? "later" : (a.cause ?? "failed");
      if (a.cause && mine.ended !== "later" && !(e instanceof AttemptOver && e.reason === a.cause)) mine.ended = `wrong: ${String(e)}`;
      throw e;
    }
  };
}

async function play(acts: Record<string, unknown>[], input: unknown, a: Attempt): Promise<unknown> {
  for (const act of acts) {
    for (const [name, value] of Object.entries(act)) {
      switch (name) {
        case "return": return value;
        case "return_input": return input;
        case "return_details": return a.details;
        case "fail": {
          const f = value as With;
          throw new Failure(f["message"], { kind: f["kind"], retryable: f["retryable"], details: f["details"] });
        }
        case "later": throw new Later();
        case "raise": throw new RangeError(value as string);
        case "heartbeat": a.heartbeat(value); break;
        case "gate": while (!gates.has(value as string)) await wait(20, a); break;
        case "until_over": await wait(3_600_000, a); break;
        default: throw new Error(`there is no act ${name}`);
      }
    }
  }
  return null;
}

async function wait(ms: number, a: Attempt): Promise<void> {
  await sleep(ms, undefined, { signal: a.signal }).catch(() => a.signal.throwIfAborted());
}

async function attempts(count: number, ended: boolean): Promise<unknown> {
  for (;;) {
    const found = seen.filter((s) => !ended || s.ended !== undefined);
    if (found.length >= count) return { attempts: [...found].sort((x, y) => x.attempt - y.attempt) };
    await sleep(5);
  }
}

/** Those options that a step has. */
function given(o: With): With {
  return Object.fromEntries(Object.entries(o).filter(([, value]) => value !== undefined));
}

function startOptions(w: With): StartOptions {
  const r = w["retry"];
  return given({
    workflowId: w["id"] ?? w["workflow_id"], attributes: w["attributes"], withSignal: w["signal"], ifOpen: w["if_open"], ifClosed: w["if_closed"], delay: w["delay"],
    chainTimeout: w["chain_timeout"], retry: r && given({ maxAttempts: r.max_attempts, backoff: r.backoff, factor: r.factor, maxBackoff: r.max_backoff, nonRetryable: r.non_retryable }),
  });
}

/** Reads the stream until so many different events have come. */
async function events(w: With): Promise<unknown> {
  const seen = new Map<string, unknown>();
  let last = 0;
  for await (const e of client.events(w["names"], { after: w["after"] })) {
    last = Math.max(last, e.id);
    const one = { name: e.name, data: e.data };
    seen.set(JSON.stringify(one), one);
    if (seen.size >= w["count"]) break;
  }
  return { events: [...seen.values()], last };
}

async function act(what: string, w: With): Promise<unknown> {
  const key = "request_id" in w ? { requestId: w["request_id"] as string } : {};
  switch (what) {
    case "open":
      client = new Client({ addresses: w["addresses"], namespace: w["namespace"] || undefined, token: w["token"] || undefined, caFile: w["ca_file"] || undefined, patience: milliseconds(w["patience"]) });
      return {};
    case "start":
      return client.start(w["type"], w["input"], { ...key, ...startOptions(w), ...("wait" in w ? { wait: w["wait"] } : {}) });
    case "start_many":
      return { results: await client.startMany((w["starts"] as With[]).map((s) => ({ type: s["type"], input: s["input"], ...startOptions(s) })), key) };
    case "result": return client.outcome(w["id"], { wait: w["wait"] ?? 0 });
    case "describe": return client.describe(w["id"]);
    case "history": {
      const types: string[] = [];
      for await (const e of client.history(w["id"], { follow: true })) types.push(e.type);
      return { types };
    }
    case "list": {
      const ids: string[] = [];
      for await (const r of client.runs({ type: w["type"], pageSize: 2 })) ids.push(r.workflow_id);
      return { ids };
    }
    case "signal": return client.signal(w["id"], w["name"], w["payload"], key);
    case "query": return { result: await client.query(w["id"], w["name"], w["args"]) };
    case "update": return client.updateOutcome(w["id"], w["name"], w["args"], { ...key, ...("update_id" in w ? { updateId: w["update_id"] } : {}), wait: w["wait"] ?? 0 });
    case "cancel": return client.cancel(w["id"], w["reason"], key);
    case "terminate": return client.terminate(w["id"], w["reason"], key);
    case "pause": return client.pause(w["id"], w["reason"], key);
    case "resume": return client.resume(w["id"], key);
    case "reopen": return client.reopen(w["id"], w["reason"], key);
    case "reset": return client.reset(w["id"], { ...key, ...given({ to: w["to"], reason: w["reason"] }) });
    case "fork": return client.fork(w["id"], w["as"], { ...key, ...given({ to: w["to"] }) });
    case "stop_type": return client.stop(given({ type: w["type"], reason: w["reason"] }), key);
    case "unstop_type": return client.unstop(given({ type: w["type"], resume: w["resume"] }), key);
    case "stops": return { stops: await client.stops() };
    case "start_batch": return client.startBatch(w["operation"], w["where"], { ...key, ...given({ reason: w["reason"] }) });
    case "batch":
      for (;;) {
        const b = await client.batch(w["batch"]);
        if (b.status !== "running") return b;
        await sleep(20);
      }
    case "events": return events(w);
    case "later": return client.defer(w["task"], key);
    case "complete_activity": return client.completeActivity(w["run"], w["activity"], w["output"], { ...key, ...given({ attempt: w["attempt"] }) });
    case "fail_activity": return client.failActivity(w["run"], w["activity"], { message: w["message"], retryable: w["retryable"], ...given({ kind: w["kind"], details: w["details"] }) }, { ...key, ...given({ attempt: w["attempt"] }) });
    case "heartbeat_activity": return client.heartbeatActivity(w["run"], w["activity"], w["details"], { ...key, ...given({ attempt: w["attempt"] }) });
    case "poll": return { tasks: await client.poll(w["queue"], w["activities"], { ...key, maxTasks: w["max"] ?? 1, wait: w["wait"] ?? 0, lease: w["lease"] }) };
    case "complete": return client.complete(w["task"], w["output"], key);
    case "fail": return client.fail(w["task"], { message: w["message"], retryable: w["retryable"], ...("kind" in w ? { kind: w["kind"] } : {}), ...("details" in w ? { details: w["details"] } : {}) }, key);
    case "heartbeat": return client.heartbeat(w["task"], w["details"]);
    case "release": return client.release(w["task"], key);
    case "worker": {
      const worker = new Worker({ client, queue: w["queue"], id: w["name"], wait: "2s", ...Object.fromEntries(["lease", "drain", "concurrency"].filter((n) => n in w).map((n) => [n, w[n]])) });
      for (const [name, scripts] of Object.entries(w["activities"] as Record<string, Record<string, unknown>[][]>)) worker.handle(name, handler(scripts));
      const over = worker.run().then(() => undefined, (e: unknown) => e);
      workers.set(w["name"], { worker, over });
      return {};
    }
    case "stop": {
      const { worker, over } = workers.get(w["name"])!;
      worker.stop();
      const error = await over;
      if (error) throw error;
      return worker.stats;
    }
    case "open_gate": gates.add(w["name"]); return {};
    case "began": return attempts(w["count"], false);
    case "ended": return attempts(w["count"], true);
    default: throw new Error(`there is no step ${what}`);
  }
}

function errorOf(e: unknown): Record<string, unknown> {
  if (!(e instanceof Problem)) return { code: "error", detail: String(e) };
  const kind = { rejected: Rejected, retry: TryAgain, unknown: OutcomeUnknown }[e.outcome];
  if (!(e instanceof kind)) return { code: "error", detail: `${e.outcome} is a ${e.name}` };
  return { code: e.code, outcome: e.outcome, detail: e.detail, ...(e instanceof OutcomeUnknown && e.requestId ? { request_id: e.requestId } : {}) };
}

process.on("warning", (w) => {
  console.error(w);
  process.exitCode = 1;
});
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const step = JSON.parse(line) as { id: number; do: string; with?: With };
  act(step.do, step.with ?? {}).then((ok) => ({ ok }), (e: unknown) => ({ error: errorOf(e) })).then((r) => process.stdout.write(JSON.stringify({ id: step.id, ...r }) + "\n"));
});
lines.on("close", () => process.exit());
