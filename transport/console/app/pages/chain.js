// chain computes the chain of the deploy history anew, as docs/DEPLOY_HISTORY.md says.

import { get, Problem } from "../api.js";

const text = new TextEncoder();

// head is the head of a CBOR item: its major type and a number.
function head(major, n) {
  n = BigInt(n);
  const first = major << 5;
  if (n < 24n) return [first | Number(n)];
  const size = n < 0x100n ? 1 : n < 0x10000n ? 2 : n < 0x100000000n ? 4 : 8;
  return [first | 24 + Math.log2(size), ...Array.from({ length: size }, (_, i) => Number(n >> BigInt(8 * (size - 1 - i)) & 0xffn))];
}

const string = s => { const b = text.encode(s); return [...head(3, b.length), ...b]; };
const hex = s => s.match(/../g).map(b => parseInt(b, 16));

// nanoseconds since 1970 of an RFC 3339 time in UTC.
function nanos(at) {
  const [, whole, part = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(at);
  return BigInt(Date.parse(whole + "Z")) * 1_000_000n + BigInt(part.padEnd(9, "0"));
}

// canonical is the bytes of a record that its chain covers.
export function canonical(d) {
  const fields = [[1, head(0, d.index)], [2, head(0, d.n)], [3, head(0, nanos(d.at))], [4, string(d.operation)], [5, string(d.workflow_type)]];
  for (const [key, v] of [[6, d.version], [7, d.previous]]) if (v) fields.push([key, [...head(2, 32), ...hex(v)]]);
  for (const [key, s] of [[8, d.actor], [9, d.request_id], [10, d.outcome], [11, d.message]]) if (s) fields.push([key, string(s)]);
  if (d.freshly_loaded) fields.push([12, [0xf5]]);
  if (d.route_changed) fields.push([13, [0xf5]]);
  if (d.routed_before) fields.push([14, [...head(2, 32), ...hex(d.routed_before)]]);
  if (d.signed_by?.length) fields.push([16, [...head(4, d.signed_by.length), ...d.signed_by.flatMap(string)]]);
  return new Uint8Array([0xa0 | fields.length, ...fields.flatMap(([key, b]) => [key, ...b])]);
}

// verify reads everything, newest first, and checks each link from the oldest act up.
export async function verify(signal, progress) {
  if (!crypto.subtle) throw new Problem({ code: "unavailable", title: "This page may not compute hashes", detail: "Browsers allow that on https and on the machine itself alone.", hint: "aion-node deploys --verify does the same." });
  const all = [];
  for (let cursor = "";;) {
    const { data } = await get("/v1/deploys", { limit: 1000, cursor }, signal);
    all.push(...data.deploys);
    progress(all.length);
    if (!(cursor = data.next_cursor)) break;
  }
  const acts = all.filter(d => d.chain).reverse();
  const result = { linked: 0, refused: all.filter(d => d.outcome !== "ok").length, from: acts[0]?.index ?? 0, first: false, broken: 0 };
  const link = async (before, d) => {
    const record = canonical(d), whole = new Uint8Array(32 + record.length);
    whole.set(before);
    whole.set(record, 32);
    return [...new Uint8Array(await crypto.subtle.digest("SHA-256", whole))].map(b => b.toString(16).padStart(2, "0")).join("");
  };
  for (let i = 0; i < acts.length; i++) {
    if (i === 0) { result.first = await link(new Uint8Array(32), acts[0]) === acts[0].chain; result.linked++; continue; }
    if (await link(hex(acts[i - 1].chain), acts[i]) !== acts[i].chain) return { ...result, broken: acts[i].index };
    result.linked++;
  }
  return result;
}
