// run_summary says what a run was given, what came of it or why it waits, and who it belongs to.

import { Problem, path, text } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { source } from "../parts/diff.js";
import { json, line } from "../parts/json.js";
import { runAddress, runLink, status, versionLink } from "../parts/names.js";
import { pairs, table } from "../parts/table.js";
import { count, plural, words } from "../parts/text.js";
import { when } from "../parts/time.js";
import { link } from "../router.js";

const open = r => r.status === "running" || r.status === "paused";

export const summary = {
  command: (r, _, flag) => command("describe", r.workflow_id, flag),

  // load reads what the description leaves out: when timers fire, and the source around a failure.
  load: async (ctx, r) => {
    const more = { timers: {}, queues: {}, source: null };
    const jobs = [];
    if (open(r) && r.waiting_on.some(w => ["timer", "signal", "condition"].includes(w.kind))) {
      jobs.push(ctx.maybe(path`/v1/workflows/${r.workflow_id}/history`, { run_id: r.run_id, from: Math.max(1, r.events - 999), limit: 1000 }).then(p => {
        for (const e of p.events || []) {
          if (e.type === "TimerStarted") more.timers[e.data.id] = e.data;
          if (e.type === "TimerFired" || e.type === "TimerCancelled") delete more.timers[e.data.id];
        }
      }));
    }
    for (const queue of new Set(r.pending_activities.filter(a => a.state === "offered").map(a => a.queue))) jobs.push(ctx.maybe(path`/v1/queues/${queue}`).then(q => { more.queues[queue] = q; }));
    const at = place(r.error);
    if (at) {
      ctx.state.sources ||= {};
      jobs.push((ctx.state.sources[at.file] ||= text(path`/v1/versions/${r.workflow_type}/${r.version}/modules/${at.file}`, ctx.signal).catch(() => null)).then(code => { more.source = code && { ...at, code }; }));
    }
    await Promise.all(jobs);
    return more;
  },

  render: ({ r, more }) => h("div", {},
    open(r) && why(r, more || { timers: {}, queues: {} }),
    failed(r, more?.source),
    h("div.two", {},
      h("section", {}, h("h2", {}, "Input"), r.payload_withheld ? withheld() : json(r.input, { label: "Copy the input" })),
      h("section", {}, h("h2", {}, open(r) ? "Attributes" : "Result"), open(r) ? attributes(r) : r.status === "completed" ? (r.payload_withheld ? withheld() : json(r.result, { label: "Copy the result" })) : h("p.dim", {}, r.status === "continued_as_new" ? "It continued as another run." : "It has none."))),
    pending(r),
    kin(r),
    !open(r) && [h("h2", {}, "Attributes"), attributes(r)]),
};

const withheld = () => h("p.dim", {}, "Withheld: your token lacks the grant payload for this type.");

const attributes = r => Object.keys(r.attributes).length ? pairs(Object.entries(r.attributes).map(([k, v]) => [k, h("a", { href: link("/console/runs", { type: r.workflow_type, where: (/^[\w.-]+$/.test(k) ? k : JSON.stringify(k)) + "=" + JSON.stringify(Array.isArray(v) ? v[0] : v) }), title: "Runs with the same" }, line(v))])) : h("p.dim", {}, "None.");

// place is file and line of the innermost frame of an error's stack.
function place(error) {
  const m = /^(.+?):(\d+)(?::\d+)?(?: in .+)?$/.exec(error?.details?.stack?.at?.(-1) || "");
  return m && { file: m[1], line: Number(m[2]) };
}

// why says in words what an open run waits for.
function why(r, more) {
  const reasons = [];
  if (r.quarantined) reasons.push([h("strong", {}, "It is quarantined: "), r.pause_reason || "its code broke the runtime or its replay", ". ", h("span.dim", {}, "It goes on when somebody resumes it, on this version or on another that replays.")]);
  else if (r.stopped) reasons.push([h("strong", {}, "It is stopped"), r.pause_reason ? ": " + r.pause_reason : "", ". ", h("span.dim", {}, "Its type or its version is "), h("a", { href: link("/console/limits") }, "stopped"), h("span.dim", {}, ", or was: it goes on when it is resumed."),]);
  else if (r.status === "paused") reasons.push([h("strong", {}, "It is paused"), r.pause_reason ? ": " + r.pause_reason : "", ". ", h("span.dim", {}, "Its code takes no turns until it is resumed.")]);
  if (r.begins_at) reasons.push([h("strong", {}, "It has not begun"), ": its delay is over ", when(r.begins_at, { ago: true }), "."]);
  for (const a of r.pending_activities.slice(0, 5)) {
    const name = h("strong", {}, a.activity + " #" + a.activity_id);
    if (a.state === "backoff") reasons.push([name, " failed " + plural(a.failures, "time"), a.last_failure && [": ", h("span.bad", {}, a.last_failure.kind), " ", a.last_failure.message], ". The next attempt is due ", when(a.due_at, { ago: true }), "."]);
    else if (a.deferred) reasons.push([name, " ends later, from elsewhere: its worker ", a.worker && h("code", {}, a.worker), " has let go of it ", when(a.started_at, { ago: true }), ". ", h("code", {}, command("activity", "complete", r.run_id, a.activity_id))]);
    else if (a.state === "leased") reasons.push([name, " is in the hands of ", a.worker ? h("code", {}, a.worker) : "a worker", " since ", when(a.started_at, { ago: true }), ", attempt " + a.attempt + (a.due_at ? "; its time runs out " : ""), a.due_at && when(a.due_at, { ago: true }), "."]);
    else if (a.state === "offered") reasons.push([name, " waits for a worker of the queue ", h("a", { href: link(path`/console/queues/${a.queue}`) }, a.queue), offered(more.queues[a.queue]), "."]);
  }
  for (const w of r.waiting_on) {
    if (w.kind === "activity") continue;
    const timer = more.timers[w.id];
    if (w.kind === "timer") reasons.push(["A timer", timer ? [" of " + timer.duration + " fires ", when(timer.fire_at, { ago: true })] : " runs", "."]);
    else if (w.kind === "signal") {
      const limit = Object.values(more.timers).find(t => t.signal === w.name);
      reasons.push(["Nobody has sent the signal ", h("strong", {}, w.name), limit && [". It stops waiting ", when(limit.fire_at, { ago: true })], "."]);
    } else if (w.kind === "child") reasons.push(["Its child ", w.name ? h("strong", {}, w.name) : "#" + w.id, " is open."]);
    else if (w.kind === "result") reasons.push(["The workflow ", h("strong", {}, w.name), ", whose result it waits for, is open."]);
    else reasons.push(["A condition of its code does not hold yet", w.name ? ": " + w.name : "", "."]);
  }
  if (r.unread_signals > 0) reasons.push([plural(r.unread_signals, "signal"), r.unread_signals === 1 ? " was" : " were", " sent that its code has not taken. ", h("a", { href: runAddress(r.workflow_id, r.run_id, { tab: "history" }) }, "The history names them"), ": is one misspelt?"]);
  if (r.cancel_requested) reasons.push(["It was asked to end", r.cancel_reason ? ": " + r.cancel_reason : "", "; its code has not ended yet."]);
  if (!reasons.length) reasons.push("It waits for nothing: its code takes its next turn at this moment.");
  return h("section", { key: "why" }, h("h2", {}, "Why it waits"), h("ul", {}, reasons.map(x => h("li", {}, x))));
}

function offered(q) {
  if (!q || q instanceof Problem) return "";
  if (q.limits.concurrency === 0) return ", which is stopped by its limits";
  if (q.limits.concurrency != null && q.leased >= q.limits.concurrency) return ", which is at its limit of " + q.limits.concurrency + " at a time";
  return q.offered > 1 ? ", where " + plural(q.offered, "task") + " wait" : "; no worker has taken it yet";
}

// failed says why a run failed, where in the source of its version.
function failed(r, code) {
  if (!r.error) return null;
  const stack = r.error.details?.stack;
  const rest = r.error.details && Object.fromEntries(Object.entries(r.error.details).filter(([k]) => k !== "stack"));
  return h("section", { key: "error" }, h("h2", {}, r.status === "failed" ? "Why it failed" : "How it ended"),
    h("div.problem", {}, h("p", {}, h("strong", {}, r.error.kind), " ", r.error.message),
      Array.isArray(stack) && h("ol.holders", {}, stack.map(frame => h("li", {}, frameLink(r, String(frame))))),
      rest && Object.keys(rest).length > 0 && json(rest)),
    code && excerpt(code));
}

function frameLink(r, frame) {
  const m = /^(.+?):(\d+)(?::\d+)?(.*)$/.exec(frame);
  return m ? [h("a.id", { href: link(path`/console/versions/${r.workflow_type}/${r.version}`, { module: m[1], line: m[2] }) }, m[1] + ":" + m[2]), h("span.dim", {}, m[3])] : frame;
}

function excerpt({ code, file, line }) {
  const all = code.split("\n"), from = Math.max(0, line - 5);
  const box = source(all.slice(from, line + 4).join("\n"), line - from, file);
  box.querySelectorAll(".no").forEach((no, i) => { no.textContent = String(from + i + 1); });
  return box;
}

function pending(r) {
  if (!r.pending_activities.length) return null;
  return h("section", { key: "pending" }, h("h2", {}, "Pending activities", r.pending_activities_total && h("span.dim", {}, " the first 100 of " + count(r.pending_activities_total))), table({
    label: "Pending activities", rows: r.pending_activities, key: a => a.activity_id,
    columns: [
      { name: "#", num: true, cell: a => a.activity_id }, { name: "activity", cell: a => a.activity }, { name: "queue", cell: a => h("a", { href: link(path`/console/queues/${a.queue}`) }, a.queue) }, { name: "state", cell: a => a.deferred ? status("accepted", "ends later") : status(a.state) },
      { name: "attempt", num: true, cell: a => a.attempt }, { name: "worker", cell: a => a.worker || "" }, { name: "due", cell: a => a.due_at ? when(a.due_at, { ago: true }) : "" },
      { name: "last failure", wide: true, cell: a => a.last_failure ? [h("span.bad", {}, a.last_failure.kind), " ", a.last_failure.message] : "" }, { name: "told", cell: a => a.details === undefined ? "" : h("code", {}, line(a.details, 30)) },
    ],
  }));
}

// kin are parent, chain, schedule and children.
function kin(r) {
  const of = run => run && runLink({ workflow_id: r.workflow_id, run_id: run });
  const list = [
    r.parent && ["parent", runLink(r.parent)], r.schedule && ["schedule", h("a", { href: link(path`/console/schedules/${r.schedule}`) }, r.schedule)],
    r.reset_of && [r.reset_of.fork ? "copy of" : "reset from", [runLink(r.reset_of), " at turn " + count(r.reset_of.turn)]], r.reset_as && ["reset, goes on as", of(r.reset_as)],
    r.retry && ["is tried", ["try " + count(r.try || 1) + (r.retry.max_attempts ? " of " + count(r.retry.max_attempts) : "")]], r.chain_timeout && ["time limit of all tries", r.chain_timeout], r.attempt > 1 && ["in its chain", "run " + count(r.attempt)], r.continued_from && ["continues", of(r.continued_from)], r.continued_to && ["continued by", of(r.continued_to)], r.first_run_id && ["first of the chain", of(r.first_run_id)],
    ["started", when(r.started_at, { exact: true })], r.closed_at && ["closed", when(r.closed_at, { exact: true })], ["version", versionLink(r.workflow_type, r.version)],
  ].filter(Boolean);
  return h("section", { key: "kin" }, h("h2", {}, "About it"), pairs(list), r.children.length > 0 && h("p", {}, plural(r.children_total || r.children.length, "open child", "open children") + ": ", r.children.slice(0, 8).map((c, i) => [i ? ", " : "", runLink(c), h("span.dim", {}, " " + words(c.status))])));
}

