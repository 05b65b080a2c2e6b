// api makes calls of the public API, with the reader's own token. A read that finds no leader is
// answered by the node itself, and says how old that is. A change goes under one request id until
// its outcome is known.

import { session, signOut } from "./session.js";

// Problem is a refusal, or a node that cannot be reached: code, title, detail, hint, outcome, facts.
export class Problem extends Error {
  constructor(fields) {
    super(fields.detail || fields.title);
    const { status, code, title, detail, hint, outcome, ...facts } = fields;
    Object.assign(this, { status, code, title, detail, hint, outcome, facts });
  }
}

// requestId makes a request id. (randomUUID is not there on plain HTTP.)
export function requestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return "console-" + [...bytes].map(b => b.toString(16).padStart(2, "0")).join("");
}

// path puts an address together of parts that somebody else has named.
export function path(strings, ...values) {
  return String.raw({ raw: strings }, ...values.map(v => encodeURIComponent(v).replace(/^\.\.?$/, d => d.replaceAll(".", "%2E"))));
}

// address adds a query; members that are empty are left out, lists are repeated.
export function address(to, query = {}) {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(query)) for (const one of [v].flat()) if (one !== "" && one != null && one !== false) q.append(k, one);
  return q.size ? to + (to.includes("?") ? "&" : "?") + q : to;
}

function headers(more) {
  const h = { ...more };
  if (session.token) h.Authorization = "Bearer " + session.token;
  if (session.namespace) h["Aion-Namespace"] = session.namespace;
  return h;
}

async function send(method, to, { body, raw, id, signal, token } = {}) {
  const h = headers(id ? { "Idempotency-Key": id } : {});
  if (token !== undefined) h.Authorization = "Bearer " + token;
  let response;
  try {
    response = await fetch(to, { method, headers: h, body: raw ?? (body === undefined ? undefined : JSON.stringify(body)), signal, cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem({ status: 0, code: "unreachable", title: "The node does not answer", detail: location.host + " cannot be reached from here", outcome: id ? "unknown" : "retry",
      hint: "It is tried again. Another node shows the same." });
  }
  if (!response.ok) throw await problemOf(response, to, token);
  return response;
}

async function problemOf(response, to, token) {
  const text = await response.text();
  let fields;
  try { fields = JSON.parse(text); } catch { /* not ours: a proxy's */ }
  if (!fields?.code) {
    fields = { code: "unavailable", title: "This is no answer of a node", detail: "status " + response.status + (text ? ": " + text.slice(0, 200) : ""), outcome: "unknown" };
  }
  const problem = new Problem({ ...fields, status: response.status });
  const after = Number(response.headers.get("Retry-After"));
  if (after > 0) problem.after = after * 1000;
  if (response.status === 401 && token === undefined) signOut(session.token ? problem.detail : "");
  return problem;
}

// whoAmI asks whose a token is, without taking it over.
export async function whoAmI(token) { return (await send("GET", "/v1/auth/self", { token })).json(); }

// get reads. Its answer has data, and stale: how long ago the node heard of a leader, if none could
// be asked.
export async function get(to, query, signal) {
  if (session.needed) throw new Problem({ code: "unauthenticated", title: "Sign in first", status: 401 });
  try {
    return await read(to, query, signal);
  } catch (problem) {
    if (!(problem instanceof Problem) || !["no_leader", "not_leader", "unavailable"].includes(problem.code) || problem.status === 0) throw problem;
    if (to.startsWith("/v1/cluster")) throw problem;
    return read(to, { ...query, consistency: "stale" }, signal);
  }
}

async function read(to, query, signal) {
  const response = await send("GET", address(to, query), { signal });
  return { data: await response.json(), stale: response.headers.get("Aion-Leader-Contact") || "", index: Number(response.headers.get("Aion-Index")) || 0, node: response.headers.get("Aion-Node") || "" };
}

// text reads what is no JSON.
export async function text(to, signal) { return (await send("GET", to, { signal })).text(); }

// ask is a read that has a body: a query.
export async function ask(to, body, signal) { return (await send("POST", to, { body, signal })).json(); }

// change changes something. While the outcome is unknown, or a leader is missing, it asks again
// under the same request id, which has at most one effect, for up to patience milliseconds.
export async function change(method, to, { query, body, raw, id = requestId(), signal, patience = 20_000, waiting } = {}) {
  const until = Date.now() + patience;
  for (let pause = 300; ; pause = Math.min(pause * 2, 3000)) {
    try {
      const response = await send(method, address(to, query), { body, raw, id, signal });
      return await response.json();
    } catch (problem) {
      if (!(problem instanceof Problem) || !["retry", "unknown"].includes(problem.outcome) || Date.now() + pause > until) throw problem;
      waiting?.(problem);
      await new Promise(done => setTimeout(done, problem.after || pause));
    }
  }
}

// stream opens a stream of server-sent events.
export async function stream(to, signal) { return (await send("GET", to, { signal })).body; }

// blob reads a file.
export async function blob(to, signal) { return (await send("GET", to, { signal })).blob(); }
