// batches lists the operations that were done to many runs, and shows one with what it could not do.

import { path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { bar } from "../parts/bars.js";
import { act } from "../parts/dialog.js";
import { runLink, status } from "../parts/names.js";
import { pager, pairs, table } from "../parts/table.js";
import { count, plural, words } from "../parts/text.js";
import { when } from "../parts/time.js";
import { go, link } from "../router.js";
import { allowed, buttons } from "./actions.js";

export const batches = {
  name: "batches", title: "Batches", every: 2500,
  load: async ctx => {
    const id = ctx.query.get("batch");
    const [list, one] = await Promise.all([ctx.get("/v1/batches", { limit: 50, cursor: ctx.query.get("cursor") }), id ? ctx.maybe(path`/v1/batches/${id}`, { limit: 100 }) : null]);
    return { list, one };
  },
  render: (d, ctx) => h("div", {},
    h("h1", {}, "Batches"), h("p.dim", {}, "One operation to many runs. Begin one on the ", h("a", { href: link("/console/runs") }, "list of runs"), " that it is for."),
    d.one && (d.one.code ? h("p.warn", {}, d.one.message) : shown(d.one, ctx)),
    table({ label: "Batches", rows: d.list.batches, key: b => b.batch_id, href: b => link("/console/batches", { batch: b.batch_id }), empty: "There were none.", columns: [
      { name: "batch", cell: b => h("a.id", { href: link("/console/batches", { batch: b.batch_id }) }, b.batch_id) }, { name: "what", cell: b => [words(b.operation), b.dry_run && h("span.dim", {}, " counts only"), b.signal && " " + b.signal] }, { name: "status", cell: b => status(b.status) },
      { name: "found", num: true, cell: b => count(b.found) }, { name: "done", num: true, cell: b => count(b.done) }, { name: "failed", num: true, cell: b => b.failed ? h("span.bad", {}, count(b.failed)) : "0" }, { name: "by", cell: b => b.started_by || "" }, { name: "began", cell: b => when(b.began_at, { ago: true }) },
      { name: "where", wide: true, cell: b => h("code", {}, b.where.join(", ")) },
    ] }),
    pager({ first: ctx.query.get("cursor") && link("/console/batches"), next: d.list.next_cursor && link("/console/batches", { cursor: d.list.next_cursor }), shown: d.list.batches.length })),
  command: (d, ctx) => ctx.query.get("batch") ? command("batch", "describe", ctx.query.get("batch")) : command("batch", "list"),
  actions: () => [],
};

function shown(b) {
  return h("section", { key: "one" }, h("div.headline", {}, h("h2", {}, words(b.operation) + " " + plural(b.found, "run")), status(b.status)),
    b.status === "running" && buttons([allowed("operate", {}, { name: "Stop it", open: () => act({ title: "Stop the batch " + b.batch_id, verb: "Stop", danger: true, go, affects: "What was done stays done: " + plural(b.done, "run") + " so far.", call: () => ({ method: "DELETE", to: path`/v1/batches/${b.batch_id}` }), command: () => command("batch", "stop", b.batch_id) }) })]),
    bar([{ name: "done", n: b.done, tone: "ok" }, { name: "failed", n: b.failed, tone: "bad" }, { name: "to do", n: Math.max(0, b.found - b.done - b.failed), tone: "off" }], "Batch"),
    pairs([["where", h("code", {}, b.where.join(", ") || "all runs")], ["done", count(b.done) + " of " + count(b.found)], ["failed", count(b.failed)], ["at most", count(b.rate) + " a second"], b.reason && ["reason", b.reason], b.point && ["kept up to", (/^\d+$/.test(b.point) ? "turn " : "") + b.point], b.to_version && ["kept until the move to", h("code", {}, b.to_version)], b.to && ["to version", h("code", {}, b.to)], ["began", when(b.began_at)], b.ended_at && ["ended", when(b.ended_at)]]),
    b.failures?.length > 0 && table({ label: "What could not be done", rows: b.failures, key: f => f.run_id, columns: [{ name: "run", cell: f => runLink(f) }, { name: "why", cell: f => words(f.code) }, { name: "", wide: true, cell: f => f.detail }] }));
}
