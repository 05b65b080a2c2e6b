// runs lists runs: what the filter finds, a page at a time. What one reads stays where it is: runs
// that started since are told of, and shown when somebody asks.

import { Problem } from "../api.js";
import { h } from "../h.js";
import { line as brief } from "../parts/json.js";
import { runAddress, runLink, status, typeLink, versionLink } from "../parts/names.js";
import { pager, table } from "../parts/table.js";
import { count, plural, words } from "../parts/text.js";
import { span, when } from "../parts/time.js";
import { go } from "../router.js";
import { typesOf } from "../session.js";
import { buttons, startRun } from "./actions.js";
import { asked, form, line, read, to } from "./filter.js";
import { manyActions } from "./many.js";

const size = 50;

export const runs = {
  name: "runs", title: ctx => { const f = read(ctx.query); return "Runs" + (f.type ? " of " + f.type : ""); }, every: 4000, events: ["WorkflowClosed"],
  load: async ctx => {
    const f = read(ctx.query), only = typesOf("read");
    if (only?.length && !f.type) f.type = only[0]; // a token of some types has to say which
    const key = JSON.stringify(f);
    const [page, versions] = await Promise.all([ctx.get("/v1/workflows", { ...asked(f), cursor: f.cursor, limit: size }), ctx.state.versions || ctx.maybe("/v1/versions"), counted(ctx, f)]);
    const { counts } = ctx.state;
    ctx.state.versions = versions;
    if (ctx.state.key !== key) Object.assign(ctx.state, { key, rows: null, newer: [], chosen: new Set() }); // only now: what is shown stays until then
    settle(ctx.state, page.workflows, f);
    return { page, counts, versions, f };
  },
  render: (d, ctx) => {
    const { f } = d, s = ctx.state;
    const rows = s.rows, names = attributes(rows);
    const cols = f.cols === null ? names.slice(0, 3) : f.cols.split(",").filter(Boolean);
    const types = [...new Set((d.versions.versions || []).map(v => v.workflow_type))].sort();
    return h("div", {},
      h("div.headline", {}, h("h1", {}, runs.title(ctx)), h("span.dim", { role: "status" }, found(d))),
      form(f, types, names),
      buttons(runs.actions(d, ctx)),
      s.newer.length > 0 && h("p.newer", { key: "newer" }, h("button", { type: "button", onclick: () => { s.key = ""; ctx.reload(); } }, "Show " + plural(s.newer.length, "newer run"))),
      table({
        label: "Runs", rows, key: r => r.run_id, href: r => runAddress(r.workflow_id, r.run_id), pick: picker(ctx),
        empty: nothing(f),
        columns: [
          { name: "run", cell: r => runLink(r, { cut: 44 }) }, !f.type && { name: "type", cell: r => typeLink(r.workflow_type) }, { name: "version", cell: r => versionLink(r.workflow_type, r.version) },
          { name: "status", cell: r => [status(r.status), r.quarantined && h("span.bad", {}, " quarantined"), r.stopped && r.status === "paused" && h("span.dim", {}, " stopped"), r.begins_at && h("span.dim", {}, " not begun"), r.cancel_requested && r.status === "running" && h("span.dim", {}, " asked to end")] },
          { name: "started", cell: r => when(r.started_at) }, { name: "took", num: true, cell: r => r.closed_at ? span(new Date(r.closed_at) - new Date(r.started_at)) : h("span.dim", {}, span(Date.now() - new Date(r.started_at))) },
          ...cols.map(name => ({ name, cell: r => r.attributes[name] === undefined ? h("span.dim", {}, "") : brief(r.attributes[name], 40) })),
          { name: "waits for", wide: true, cell: r => h("span.dim", {}, r.waiting_on.slice(0, 3).map(w => words(w.kind) + (w.name ? " " + w.name : "")).join(", ")) },
        ].filter(Boolean),
      }),
      pager({ first: f.cursor && to(f), next: d.page.next_cursor && to(f, { cursor: d.page.next_cursor }), shown: count(rows.length), total: d.counts.total == null || f.parent ? null : count(d.counts.total) }),
      names.length > 0 && columns(f, names, cols));
  },
  command: (_, ctx) => line(read(ctx.query), size),
  actions: (d, ctx) => [startRun(d.f.type), ...manyActions(d.f, d.counts.total, ctx)],
  keys: { n: ctx => { if (ctx.data?.page.next_cursor) go(to(read(ctx.query), { cursor: ctx.data.page.next_cursor })); } },
};

// counted reads how many runs there are. With conditions that takes long where there are many, so the
// rows are shown meanwhile, and a count is not read anew for ten times as long as it took.
async function counted(ctx, f) {
  const s = ctx.state, query = { type: f.type, status: f.status, version: f.version, where: f.where }, key = JSON.stringify(query);
  if (s.counted === key && Date.now() < s.countAgain) return;
  if (s.counted !== key) s.counts = {};
  Object.assign(s, { counted: key, countAgain: Infinity });
  const began = Date.now();
  const reading = ctx.maybe("/v1/counts", query).then(counts => {
    if (s.counted !== key) return;
    Object.assign(s, { counts, countAgain: Date.now() + 10 * (Date.now() - began) });
    if (ctx.data) { ctx.data.counts = counts; ctx.redraw(); }
  }, error => { if (s.counted === key) s.countAgain = 0; if (!ctx.signal.aborted) console.warn(error); });
  if (!f.where.length) await reading;
}

// settle takes what was read into the rows that are shown, without moving them.
function settle(s, list, f) {
  const fresh = new Map(list.map(r => [r.run_id, r]));
  if (!s.rows || f.sort || f.cursor) { s.rows = list; s.newer = []; return; }
  const known = new Set(s.rows.map(r => r.run_id));
  const first = list.findIndex(r => known.has(r.run_id));
  s.newer = first < 0 ? list : list.slice(0, first);
  if (!s.rows.length || s.newer.length && scrollY === 0 && s.rows.length + s.newer.length <= size) { s.rows = list; s.newer = []; return; } // nothing is pushed away
  s.rows = s.rows.map(r => fresh.get(r.run_id) || r).filter(r => fresh.has(r.run_id) || !f.status || r.status === f.status);
}

function found({ counts, f }) {
  if (counts instanceof Problem) return counts.code === "unavailable" || counts.status === 0 ? "" : "Too many to count with these conditions.";
  return f.parent ? "" : counts.total == null ? "Counting." : plural(counts.total, "run");
}

// attributes are the names that the runs shown have, the most frequent first.
function attributes(rows) {
  const n = new Map();
  for (const r of rows) for (const name of Object.keys(r.attributes)) n.set(name, (n.get(name) || 0) + 1);
  return [...n].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name).slice(0, 30);
}

function columns(f, names, cols) {
  return h("details", { key: "columns" }, h("summary.dim", {}, "Columns of attributes"), h("div.actions", {}, [...new Set([...cols, ...names])].map(name => h("label.check", {}, h("input", { type: "checkbox", checked: cols.includes(name), onchange: e => go(to(f, { cursor: f.cursor, cols: (e.currentTarget.checked ? [...cols, name] : cols.filter(c => c !== name)).join(",") || "," })) }), " ", name))));
}

function picker(ctx) {
  const chosen = ctx.state.chosen ||= new Set();
  const set = (key, on) => { on ? chosen.add(key) : chosen.delete(key); };
  return { has: key => chosen.has(key), set: (key, on) => { set(key, on); ctx.redraw(); }, all: (keys, on) => { keys.forEach(k => set(k, on)); ctx.redraw(); } };
}

const nothing = f => f.type || f.status || f.version || f.where.length || f.parent
  ? h("p", {}, "No run meets this. ", h("a", { href: to({ where: [] }) }, "Show all runs"), ", or take a condition away.")
  : h("p", {}, "There are no runs. Start one above, or by ", h("code", {}, "aion-node start TYPE"), ".");

