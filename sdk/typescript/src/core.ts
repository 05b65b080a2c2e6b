// How a call is sent: to one node after the other, under one request id, until there is an answer or a refusal.
//
// Every change carries a request id; if the caller gave none, one is made, marked short-lived. So repeating a call after a broken connection, a
// lost leader or an unknown outcome has at most one effect. A refused call is never repeated.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { OutcomeUnknown, Problem, TryAgain, parseProblem, problem } from "./errors.js";
import { Broken, Hopeless, Node, NotSent, type Response, misdirectedAnswer, parseAddress } from "./http.js";
import { encode } from "./values.js";

export const defaultAddress = "127.0.0.1:7600";
export const maxWait = 60_000; // the longest wait that a node grants; whoever waits longer asks again
export const attemptTimeout = 45_000; // of silence beyond the wait; a node itself waits up to 5 s for a leader
const slowTimeout = 360_000; // the same for a deploy, which compiles the archive and copies it to a majority
export const quietFirst = 2000, quietNext = 12_000; // when a silent node is asked whether it is alive
const aliveWithin = 3000;
const firstPause = 20, longestPause = 2000;

/** Where the cluster is and who calls. */
export interface ClientOptions {
  /** host:port or URLs of any nodes. A bare host:port is HTTPS if it is beyond loopback and there is a token or a caFile, otherwise plain HTTP. */
  addresses?: string | string[];
  token?: string | undefined;
  namespace?: string | undefined;
  /** PEM files: authorities that sign nodes' certificates, and a certificate in place of a token. */
  caFile?: string | undefined;
  certFile?: string | undefined;
  keyFile?: string | undefined;
  /** For the deploy history of clusters without tokens. */
  actor?: string | undefined;
  /** How many milliseconds a call is repeated after its first failure; 30,000 unless given. */
  patience?: number;
  connectTimeout?: number;
}

/** What the command line reads from the environment. */
export function optionsFromEnv(env: NodeJS.ProcessEnv = process.env): ClientOptions {
  const o: ClientOptions = { token: env["AION_TOKEN"], namespace: env["AION_NAMESPACE"], caFile: env["AION_CA_FILE"], certFile: env["AION_CLIENT_CERT"], keyFile: env["AION_CLIENT_KEY"] };
  if (env["AION_ADDR"]) o.addresses = env["AION_ADDR"];
  return o;
}

/** One operation, with everything needed to send it several times. */
export interface Call {
  method: string;
  path: string;
  query: [string, string][];
  body?: Buffer;
  media?: string;
  mutation: boolean;
  requestId?: string | undefined;
  generated?: boolean; // this side made the request id up: nodes keep it for a quarter of an hour only
  wait: number; // that the node was asked for
  slow?: boolean;
  attempt?: number; // of silence before another node is tried
  total?: number; // that the call is repeated after its first failure
  signal?: AbortSignal | undefined;
}

const invalid = (detail: string, cause?: unknown) => problem("invalid_input", detail, { status: 400, outcome: "rejected", cause });

function join(segments: string[]): string {
  for (const s of segments) if (s === "" || s === "." || s === "..") throw invalid(`the name ${JSON.stringify(s)} cannot be part of a path`);
  return segments.map((s) => "/" + encodeURIComponent(s).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16))).join("");
}

export function get(...path: string[]): Call {
  return { method: "GET", path: join(path), query: [], mutation: false, wait: 0 };
}

/** A change. A body that is undefined is none. */
export function change(method: string, path: string[], body: unknown, requestId?: string): Call {
  const c: Call = { method, path: join(path), query: [], mutation: true, wait: 0, requestId };
  if (body !== undefined) setBody(c, body);
  return c;
}

export function setBody(c: Call, body: unknown): void {
  try {
    c.body = Buffer.from(encode(body));
  } catch (e) {
    throw invalid(`not a JSON value: ${(e as Error).message}`, e);
  }
  c.media = "application/json";
}

/** A unique request id. */
export const newRequestId = (): string => randomBytes(16).toString("hex");

/** Sends calls. */
export class Core {
  readonly nodes: Node[];
  readonly patience: number;
  last = 0; // the node that answered last

  constructor(readonly options: ClientOptions) {
    for (const [what, value] of [["token", options.token], ["namespace", options.namespace], ["actor", options.actor]] as const) {
      if (value && /[^\x20-\x7e]/.test(value)) throw new TypeError(`the ${what} has a character that is not visible ASCII, such as a line break at its end`);
    }
    const hasSecret = Boolean(options.token || options.caFile || options.certFile);
    const given = typeof options.addresses === "string" ? options.addresses.split(",") : (options.addresses ?? []);
    const tls = {
      ...(options.caFile ? { ca: readFileSync(options.caFile) } : {}), ...(options.certFile ? { cert: readFileSync(options.certFile) } : {}),
      ...(options.keyFile ? { key: readFileSync(options.keyFile) } : {}),
    };
    this.nodes = (given.length ? given : [defaultAddress]).map((a) => new Node(parseAddress(a, hasSecret), tls, options.connectTimeout ?? 5000));
    this.patience = options.patience ?? 30_000;
  }

  close(): void {
    for (const n of this.nodes) n.close();
  }

  /** Sends the call until there is an answer, and decodes that. */
  async json<T>(call: Call): Promise<T> {
    const r = await this.send(call);
    try {
      const answer: unknown = JSON.parse(r.body.toString());
      if (answer && typeof answer === "object" && !Array.isArray(answer)) return answer as T;
    } catch {
      // said below
    }
    throw problem("internal", `the answer to ${call.method} ${call.path} cannot be read`, { status: 500, outcome: "unknown" });
  }

  /** Sends the call to one node after the other, until there is an answer, a refusal, or no patience left. */
  async send(call: Call): Promise<Response> {
    if (call.mutation && call.requestId === undefined) {
      call.requestId = newRequestId();
      call.generated = true;
    }
    if (call.requestId !== undefined && !/^[\x20-\x7e]{1,200}$/.test(call.requestId)) throw invalid("the request id has to be 1 to 200 printable ASCII characters");
    let at = this.last, until = 0, hopeless = 0, saidAt = 0;
    let maybe = false; // an attempt of a change may have taken effect
    let said: Problem | undefined; // the last answer of a node, at attempt saidAt
    for (let n = 1; ; n++) {
      const node = this.nodes[at % this.nodes.length]!;
      let trouble: Error;
      try {
        const r = await this.attempt(node, call);
        this.last = at % this.nodes.length;
        return r;
      } catch (e) {
        call.signal?.throwIfAborted();
        trouble = e as Error;
        hopeless = e instanceof Hopeless ? hopeless + 1 : 0;
        if (e instanceof Hopeless) {
          if (hopeless === this.nodes.length) throw maybe ? this.unknown(call, e) : e.problem;
        } else if (e instanceof Problem) {
          said = e;
          saidAt = n;
          if (!(e instanceof TryAgain) && e.code !== "outcome_unknown") throw maybe && saysNothingEarlier(e) ? this.unknown(call, e) : e;
          maybe ||= call.mutation && e instanceof OutcomeUnknown;
        } else if (e instanceof Broken) {
          maybe ||= call.mutation;
        } else if (!(e instanceof NotSent)) {
          throw e;
        }
      }
      until ||= performance.now() + (call.total ?? this.patience);
      at++; // another node may know better
      if (n % this.nodes.length === 0 && !(await pause(n / this.nodes.length, until, call.signal))) {
        if (said && n - saidAt < this.nodes.length) trouble = said; // that no node leads explains more than that other nodes are down
        throw maybe ? this.unknown(call, trouble) : trouble instanceof Problem ? trouble : this.nobody(trouble);
      }
    }
  }

  /** Sends the call to one node. */
  private async attempt(node: Node, call: Call): Promise<Response> {
    const silence = (call.slow ? slowTimeout : (call.attempt ?? attemptTimeout)) + call.wait;
    const sending = (call.body?.length ?? 0) * 4e-3; // at least 250 kB/s
    if (call.slow && !(await this.alive(node))) throw new NotSent(`${node.address.host} answers nothing within ${aliveWithin} ms`); // it may take minutes
    const over = new AbortController();
    let gaveUp = "";
    const giveUp = (why: string) => {
      gaveUp ||= why;
      over.abort();
    };
    const aborted = () => over.abort();
    call.signal?.throwIfAborted();
    call.signal?.addEventListener("abort", aborted, { once: true });
    const timer = setTimeout(() => giveUp(`${node.address.host} answers nothing within ${silence} ms`), silence + sending);
    let pulse: NodeJS.Timeout | undefined;
    const feel = async () => {
      const alive = await this.alive(node);
      if (over.signal.aborted || pulse === undefined) return;
      if (!alive) giveUp(`${node.address.host} answers nothing, not even whether it is alive`);
      else pulse = setTimeout(() => void feel(), quietNext);
    };
    if (this.nodes.length > 1) pulse = setTimeout(() => void feel(), quietFirst + sending);
    try {
      const r = await node.request(call.method, this.target(call), this.headers(call), call.body, over.signal);
      const p = misdirectedAnswer(node.address, r);
      if (p) throw p;
      if (r.status >= 300) throw parseProblem(r.status, r.body);
      return r;
    } catch (e) {
      if (gaveUp) throw new Broken(gaveUp);
      throw e;
    } finally {
      clearTimeout(timer);
      clearTimeout(pulse);
      pulse = undefined;
      call.signal?.removeEventListener("abort", aborted);
    }
  }

  headers(call: Call): Record<string, string> {
    const headers: Record<string, string> = { "User-Agent": "aion-node-js" };
    if (call.media) headers["Content-Type"] = call.media;
    if (this.options.token) headers["Authorization"] = `Bearer ${this.options.token}`;
    if (this.options.namespace) headers["Aion-Namespace"] = this.options.namespace;
    if (this.options.actor) headers["Aion-Actor"] = this.options.actor;
    if (call.requestId !== undefined) headers["Idempotency-Key"] = call.requestId;
    if (call.generated) headers["Aion-Request-Generated"] = "true";
    return headers;
  }

  target(call: Call): string {
    const query = call.query.map(([k, v]) => `${encodeURIComponent(k)}=${encodeURIComponent(v)}`).join("&");
    return call.path + (query ? "?" + query : "");
  }

  /** False for a node that accepts connections and answers nothing. Any other problem of it shows in the call itself. */
  async alive(node: Node): Promise<boolean> {
    const other = node.beside();
    const late = AbortSignal.timeout(aliveWithin);
    try {
      await other.request("GET", "/health/live", {}, undefined, late);
      return true;
    } catch {
      return !late.aborted;
    } finally {
      other.close();
    }
  }

  private unknown(call: Call, last: Error): Problem {
    const facts = { ...(last instanceof Problem ? last.facts : {}), request_id: call.requestId };
    const detail = last instanceof Problem && last.code === "outcome_unknown" ? last.detail : `an answer was lost, and no later attempt learned the outcome: ${last.message}`;
    return problem("outcome_unknown", detail, { status: 503, outcome: "unknown", facts, cause: last });
  }

  nobody(last: Error): Problem {
    const asked = this.nodes.map((n) => n.address.origin).join(", ");
    const hint = last instanceof NotSent ? "Is a node running there? `aion-node serve` starts one on this machine." : "";
    return problem("unavailable", `no node answered (asked ${asked}): ${last.message}`, { status: 503, outcome: "retry", hint, cause: last });
  }
}

/** Whether a refusal says nothing about an earlier attempt, because the gate of another node gave it and not the state. */
function saysNothingEarlier(p: Problem): boolean {
  return ["unauthenticated", "permission_denied", "misdirected", "method_not_allowed"].includes(p.code) || (p.code === "not_found" && "path" in p.facts);
}

/** Waits before the next round over the nodes, with jitter. Reports whether there should be one; the last is at the very end. */
export async function pause(round: number, until: number, signal?: AbortSignal): Promise<boolean> {
  const longest = Math.min(firstPause * 2 ** Math.min(round - 1, 16), longestPause);
  const d = Math.min(longest / 2 + (Math.random() * longest) / 2, until - performance.now());
  if (d <= 0) return false;
  await sleep(d, undefined, signal ? { signal } : {});
  return true;
}
