// queues shows the tasks that wait for workers: how many, how old, what holds them back, what fails.

import { path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { act } from "../parts/dialog.js";
import { runLink, status, visible } from "../parts/names.js";
import { pager, pairs, table } from "../parts/table.js";
import { count } from "../parts/text.js";
import { span, when } from "../parts/time.js";
import { go, link } from "../router.js";
import { session } from "../session.js";
import { allowed, buttons } from "./actions.js";
import { metrics, total } from "./metrics.js";

const recent = 200; // open runs that are looked at for what waits

export const queues = {
  name: "queues", title: ctx => ctx.params.queue ? "Queue " + ctx.params.queue : "Queues", every: 4000,
  load: async ctx => {
    const one = ctx.params.queue;
    const [list, counted, open] = await Promise.all([
      one ? ctx.get(path`/v1/queues/${one}`).then(q => ({ queues: [q] })) : ctx.get("/v1/queues", { limit: 200, cursor: ctx.query.get("cursor") }), metrics(ctx), one ? waiting(ctx, one) : null]);
    return { list, counted: counted || [], open };
  },
  render: (d, ctx) => h("div", {},
    h("h1", {}, queues.title(ctx)), buttons(queues.actions(d, ctx)),
    table({ label: "Queues", rows: d.list.queues, key: q => q.queue, href: q => link(path`/console/queues/${q.queue}`), empty: "There are no queues: no activity was asked for yet, and none has limits.", columns: [
      { name: "queue", cell: q => h("a.id", { href: link(path`/console/queues/${q.queue}`) }, q.queue) }, { name: "offered", num: true, cell: q => count(q.offered) }, { name: "oldest", num: true, cell: q => { const s = oldest(d.counted, q.queue); return s ? span(1000 * s) : h("span.dim", {}, "–"); } },
      { name: "waiting to try again", num: true, cell: q => count(q.backoff) }, { name: "in the hands of workers", num: true, cell: q => count(q.leased) }, { name: "limits", cell: q => q.limits.concurrency === 0 ? status("warning", "stopped") : limits(q.limits) || h("span.dim", {}, "none") }, { name: "", wide: true, cell: () => "" },
    ] }),
    !ctx.params.queue && pager({ first: ctx.query.get("cursor") && link("/console/queues"), next: d.list.next_cursor && link("/console/queues", { cursor: d.list.next_cursor }), shown: count(d.list.queues.length), noun: "queues" }),
    ctx.params.queue && pollers(d.list.queues[0].polled),
    d.open && tasks(d.open),
    h("section", { key: "workers" }, h("h2", {}, "Workers, as this node counts"), workers(d.counted)), h("section", { key: "activities" }, h("h2", {}, "Activities, as this node counted while it led"), activities(d.counted))),
  command: (_, ctx) => ctx.params.queue ? command("queue", "describe", ctx.params.queue) : command("queue", "list"),
  actions: (d, ctx) => ctx.params.queue ? [limit(d.list.queues[0])] : [],
};

const limits = l => [l.concurrency != null && count(l.concurrency) + " at a time", l.rate && l.rate + (l.burst ? ", up to " + count(l.burst) + " at once" : "")].filter(Boolean).join(", ");
const oldest = (counted, queue) => total(counted, "aion_queue_oldest_seconds", l => l.queue === queue && (l.namespace || "default") === (session.namespace || "default"));

// waiting finds tasks of a queue among the newest open runs, and what they fail with.
async function waiting(ctx, queue) {
  const page = await ctx.maybe("/v1/workflows", { status: "running", limit: recent });
  const runs = (page.workflows || []).filter(r => r.waiting_on.some(w => w.kind === "activity")).slice(0, 30);
  const described = await Promise.all(runs.map(r => ctx.maybe(path`/v1/workflows/${r.workflow_id}`, { run_id: r.run_id })));
  return described.flatMap(r => (r.pending_activities || []).filter(a => a.queue === queue).map(a => ({ ...a, run: r })));
}

function tasks(list) {
  return h("section", { key: "tasks" }, h("h2", {}, "Tasks of the newest open runs"), table({ label: "Tasks", rows: list, key: a => a.run.run_id + a.activity_id, empty: "None of the newest " + recent + " open runs has a task here.", columns: [
    { name: "run", cell: a => runLink(a.run) }, { name: "activity", cell: a => a.activity + " #" + a.activity_id }, { name: "state", cell: a => status(a.state) }, { name: "attempt", num: true, cell: a => a.attempt }, { name: "worker", cell: a => a.worker || "" }, { name: "due", cell: a => a.due_at ? when(a.due_at, { ago: true }) : "" },
    { name: "last failure", wide: true, cell: a => a.last_failure ? [h("span.bad", {}, a.last_failure.kind), " " + a.last_failure.message] : "" },
  ] }));
}

// pollers are the workers that the leader has seen.
function pollers(p) {
  return h("section", { key: "pollers" }, h("h2", {}, "Who polls it"), !p ? h("p.dim", {}, "The node that leads knows; there is none now.") : h("div", {}, table({ label: "Who polls it", rows: p.pollers, key: w => w.worker_id, empty: h("p", {}, "No worker has polled it within the last hour, or since this leader leads (", when(p.since, { ago: true }), ")."), columns: [
    { name: "worker", cell: w => visible(w.worker_id) }, { name: "version", cell: w => w.version ? visible(w.version) : h("span.dim", {}, "–") }, { name: "calls", cell: w => w.node }, { name: "last poll", cell: w => when(w.last_poll, { ago: true }) },
    { name: "polls that wait", num: true, cell: w => count(w.waiting) }, { name: "holds", num: true, cell: w => count(w.leased) },
    { name: "activities", wide: true, cell: w => w.activities.map(visible).join(", ") + (w.more_activities ? " and " + count(w.more_activities) + " more" : "") },
  ] }), p.total > p.pollers.length && h("p.dim", {}, "And " + count(p.total - p.pollers.length) + " more.")));
}

function workers(m) {
  const n = name => count(total(m, "aion_engine_" + name));
  return pairs([["polls that wait for a task", n("pollers")], ["attempts given to workers", n("tasks_leased_total")], ["completed", n("tasks_completed_total")], ["failed", n("tasks_failed_total")], ["came too late to count", n("tasks_lease_lost_total")], ["given back undone", n("tasks_released_total")]]);
}

function activities(m) {
  const rows = new Map();
  const row = name => rows.get(name) || rows.set(name, { name, of: {}, sum: 0, n: 0, wait: 0, waits: 0 }).get(name);
  for (const x of m) {
    if (x.name === "aion_activity_seconds_count") { const r = row(x.labels.activity); r.of[x.labels.outcome] = x.value; r.n += x.value; }
    if (x.name === "aion_activity_seconds_sum") row(x.labels.activity).sum += x.value;
    if (x.name === "aion_activity_wait_seconds_sum") row(x.labels.activity).wait += x.value;
    if (x.name === "aion_activity_wait_seconds_count") row(x.labels.activity).waits += x.value;
  }
  return table({ label: "Activities", rows: [...rows.values()].sort((a, b) => b.n - a.n), key: r => r.name, empty: "None: this node has not led, or no worker has taken a task.", columns: [
    { name: "activity", cell: r => r.name }, { name: "attempts", num: true, cell: r => count(r.n) }, { name: "took, on average", num: true, cell: r => r.n ? span(1000 * r.sum / r.n) : "" }, { name: "waited, on average", num: true, cell: r => r.waits ? span(1000 * r.wait / r.waits) : "" },
    { name: "outcomes", wide: true, cell: r => Object.entries(r.of).map(([k, v], i) => [i ? ", " : "", h("span", { class: /fail|time|lost/.test(k) ? "bad" : "" }, count(v) + " " + k.replaceAll("_", " "))]) },
  ] });
}

function limit(q) {
  return allowed("operate", { queue: q.queue }, { name: "Set its limits", open: () => act({
    title: "Limit the queue " + q.queue, verb: "Set all limits", go, affects: "What is left empty is no limit. 0 at a time stops the queue: no attempt begins, and those that workers hold go on.",
    fields: [{ name: "concurrency", label: "Attempts at a time", kind: "number", min: 0, value: q.limits.concurrency ?? "" }, { name: "rate", label: "Attempts begun", value: q.limits.rate, hint: "Such as 10/s, 600/m or 5/1h30m" }, { name: "burst", label: "At once after a quiet time", kind: "number", min: 1, value: q.limits.burst || "" }],
    call: v => ({ method: "PUT", to: path`/v1/queues/${q.queue}`, body: { concurrency: v.concurrency, rate: v.rate, burst: v.burst } }), command: v => command("queue", "limit", q.queue, ["--concurrency", v.concurrency ?? ""], ["--rate", v.rate], ["--burst", v.burst]),
  }) });
}
