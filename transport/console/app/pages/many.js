// many does one operation to many runs: to those that were chosen, one by one, or to all that meet
// the filter, as a batch that the cluster carries out. Both show first which ones.

import { change, get, path, requestId, Problem } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { go, link } from "../router.js";
import { act } from "../parts/dialog.js";
import { runLink, status } from "../parts/names.js";
import { count, plural } from "../parts/text.js";
import { allowed } from "./actions.js";
import { conditions } from "./filter.js";

// operations are what may be done, with the fields that each of them takes.
const operations = {
  cancel: { says: "are asked to end; their code may clean up first", takes: ["reason"] },
  terminate: { says: "are closed at once, without their code", takes: ["reason"] },
  pause: { says: "take no turns until they are resumed", takes: ["reason"] },
  resume: { says: "go on", takes: [] },
  signal: { says: "get a signal", takes: ["signal", "payload"] },
  reopen: { says: "go on where they ended", takes: ["reason"] },
  move: { says: "go on with another version, each after a proof", takes: ["to"] },
  reset: { says: "are ended if they are open, and started anew from that point of their histories", takes: ["point", "to", "reason"] },
};
const one = Object.keys(operations).filter(o => o !== "move" && o !== "reset"); // what is done to chosen runs: those two have a page of their own to look first

const fields = [
  { name: "operation", label: "Operation", kind: "choice", options: Object.keys(operations), value: "cancel" },
  { name: "reason", label: "Reason", hint: "For the histories; of cancel, terminate, pause, reopen and reset" },
  { name: "signal", label: "Signal", hint: "Its name, if signals are sent" },
  { name: "payload", label: "Payload", kind: "json", rows: 2, hint: "Of the signal" },
  { name: "point", label: "Keep the turns up to", value: "failure", hint: "Of a reset: the number of a turn, or start, last (all but the one that closed the run), failure (before the step that failed last)" },
  { name: "to", label: "To version", hint: "Of a move; of a reset, if the runs are to go on with another one" },
];

// taken returns a field's value, if the operation takes it.
const taken = (v, name) => operations[v.operation].takes.includes(name) && v[name] || undefined;

// manyActions are those of a listing.
export function manyActions(f, total, ctx) {
  const chosen = (ctx.state.rows || []).filter(r => ctx.state.chosen?.has(r.run_id));
  return [
    chosen.length > 0 && { name: "Do to " + plural(chosen.length, "chosen run"), open: () => toChosen(chosen, ctx) },
    allowed("operate", { any: true }, { name: total == null ? "Do to all that match" : "Do to all " + count(total), open: () => toAll(f, total) }),
  ].filter(Boolean);
}

const body = v => ({
  operation: v.operation, reason: taken(v, "reason"), signal: taken(v, "signal"), payload: v.operation === "signal" ? v.payload : undefined, to: taken(v, "to"),
  point: taken(v, "point") && { to: v.point },
});

function toAll(f, total) {
  const where = conditions(f);
  act({
    title: "Do one thing to all runs that match", verb: "Begin the batch", danger: true, go,
    affects: [
      h("p", {}, where.length ? "Runs that started before now and meet all of:" : "All runs that started before now: there is no condition."),
      where.length > 0 && h("ul", {}, where.map(w => h("li", {}, h("code", {}, w)))),
      h("p.dim", {}, "Runs in a state that the operation has nothing to do with are passed over. The cluster goes on by itself, whichever node leads; stopping the batch leaves done what was done.")],
    fields: [...fields, { name: "rate", label: "Runs a second, at most", kind: "number", min: 1, max: 10000, value: 100 }],
    call: v => ({ method: "POST", to: "/v1/batches", body: { ...body(v), where, rate: v.rate } }),
    preview: { verb: "Count them first", call: v => ({ run: () => counted({ ...body(v), where, dry_run: true }) }), show: (b, v) => h("p", {}, plural(b.found, "run"), " would be found: they " + operations[v.operation].says + ".") },
    command: v => command("batch", v.operation, v.operation === "signal" && (v.signal || "NAME"), v.operation === "move" && (v.to || "VERSION"), taken(v, "point") && ["--to", v.point], v.operation === "reset" && v.to && ["--on", v.to], ...where.map(w => ["--where", w]), ["--reason", taken(v, "reason")], ["--rate", v.rate === 100 ? "" : v.rate], v.operation === "signal" && v.payload !== undefined && ["--payload", JSON.stringify(v.payload)]),
    done: a => link("/console/batches", { batch: a.batch_id }),
  });
}

// counted waits for the end of a batch that only counts.
async function counted(request) {
  const { batch_id: id } = await change("POST", "/v1/batches", { body: request });
  for (;;) {
    const { data } = await get(path`/v1/batches/${id}`);
    if (data.status !== "running") return data;
    await new Promise(done => setTimeout(done, 200));
  }
}

function toChosen(chosen, ctx) {
  const ids = new Map(chosen.map(r => [r.run_id, requestId()])); // asking again does nothing twice
  const outcome = new Map();
  const list = () => h("ul.holders", {}, chosen.map(r => h("li", {}, runLink(r), " ", outcome.get(r.run_id) || status(r.status))));
  act({
    title: "Do one thing to " + plural(chosen.length, "chosen run"), verb: "Do it", danger: true, go,
    affects: [h("p", {}, "These runs, one after another:"), list()],
    fields: fields.filter(f => f.name !== "to" && f.name !== "point").map(f => f.name === "operation" ? { ...f, options: one } : f),
    call: v => ({ run: async () => {
      for (const r of chosen) {
        const to = path`/v1/workflows/${r.workflow_id}/` + (v.operation === "signal" ? path`signals/${v.signal}` : v.operation);
        try {
          const answer = await change("POST", to, { id: ids.get(r.run_id), query: { run_id: r.run_id }, body: v.operation === "signal" ? v.payload : v.operation === "resume" ? undefined : { reason: taken(v, "reason") } });
          outcome.set(r.run_id, status(answer.status));
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          outcome.set(r.run_id, h("span.bad", {}, error.title + ": " + (error.detail || error.code)));
        }
      }
      return {};
    } }),
    done: () => { ctx.state.chosen.clear(); return h("div", {}, h("p", {}, "What became of them:"), list()); },
    command: v => chosen.slice(0, 5).map(r => command(v.operation, r.workflow_id, v.operation === "signal" && (v.signal || "NAME"), ["--run-id", r.run_id])).join("; ") + (chosen.length > 5 ? "; …" : ""),
  });
}
