// overview says how the cluster is: in words, then in numbers, then what needs somebody.

import { Problem } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { link } from "../router.js";
import { bar } from "../parts/bars.js";
import { problem } from "../parts/problem.js";
import { runLink, status, typeLink, versionLink } from "../parts/names.js";
import { table } from "../parts/table.js";
import { count, plural, short, words } from "../parts/text.js";
import { span, when } from "../parts/time.js";
import { sum, byType } from "./counts.js";
import { rates } from "./metrics.js";
import { typesOf } from "../session.js";
import { startRun } from "./actions.js";

const day = 86_400_000;

export const overview = {
  name: "overview", title: "Overview", every: 4000, events: ["*"],
  load: async ctx => {
    const since = new Date(Date.now() - day).toISOString(), only = typesOf("read"); // a token of some types asks for each
    const of = async (to, query, list) => {
      if (!only) return ctx.maybe(to, query);
      const answers = await Promise.all(only.slice(0, 8).map(type => ctx.maybe(to, { ...query, type })));
      const seen = answers.filter(a => !(a instanceof Problem));
      return seen.length ? { ...seen[0], total: seen.reduce((n, a) => n + (a.total || 0), 0), [list]: seen.flatMap(a => a[list]) } : answers[0] || ctx.maybe(to, query);
    };
    const [cluster, counts, failed, quarantined, late, deploys, queues, canaries, stops, load] = await Promise.all([
      ctx.get("/v1/cluster"), of("/v1/counts", {}, "counts"), of("/v1/workflows", { status: "failed", closed_after: since, sort: "-closed", limit: 8 }, "workflows"),
      of("/v1/workflows", { status: "paused", limit: 8 }, "workflows"), of("/v1/workflows", { status: "timed_out", closed_after: since, limit: 5 }, "workflows"),
      of("/v1/deploys", { limit: 5 }, "deploys"), ctx.maybe("/v1/queues", { limit: 200 }), ctx.maybe("/v1/canaries"), ctx.maybe("/v1/stops"), rates(ctx)]);
    return { cluster, counts, failed, quarantined, late, deploys, queues, canaries, stops, load };
  },
  render: d => h("div", {},
    h("h1", {}, "Overview"),
    h("p.lead", {}, health(d.cluster)),
    partly(d),
    attention(d),
    h("section", { key: "load" }, h("h2", {}, "Load"), numbers(d)),
    h("section", { key: "runs" }, h("h2", {}, "Runs by type"), types(d.counts)),
    h("section", { key: "failed" }, h("h2", {}, "Failed in the last day"), failures(d)),
    h("section", { key: "deploys" }, h("h2", {}, "Latest deploys ", h("a.more", { href: link("/console/deploys") }, "all")), deploys(d.deploys))),
  command: () => command("cluster", "status"),
  actions: () => [startRun()],
};

function health(c) {
  const voters = c.members.filter(m => m.role === "voter"), alive = voters.filter(m => m.status === "alive");
  const first = !c.leader ? "There is no leader: nothing new begins until there is one." : c.healthy ? "All is well." : plural(c.findings.filter(f => f.severity !== "info").length, "thing needs", "things need") + " somebody.";
  return [first, " ", c.leader && h("span", {}, c.leader + " leads " + plural(c.members.length, "node") + "; " + alive.length + " of " + plural(voters.length, "voter") + " answer" + (alive.length === 1 ? "s" : "") + "."), " ",
    h("span.dim", {}, "Term " + count(c.term) + ", index " + count(c.applied_index) + ".")];
}

// partly says what a token that does not see everything sees.
function partly(d) {
  const only = typesOf("read");
  const hidden = [["queues", d.queues], ["canaries", d.canaries], ["stops", d.stops]].filter(([, x]) => x instanceof Problem && x.status === 403).map(([name]) => name);
  if (!only && !hidden.length) return null;
  return h("p.dim", { key: "partly" }, only && only.length > 0 && ["Your token sees runs and deploys of ", only.map((t, i) => [i ? ", " : "", h("a", { href: link("/console/runs", { type: t }) }, t)]), " alone. "], only && !only.length && "Your token may not read runs. ", hidden.length > 0 && "It may not see " + hidden.join(", ") + ". ", "What it may not see is left out here, and no sign that all is well.");
}

// attention lists what somebody should look at, each with what to do.
function attention(d) {
  const items = [];
  for (const f of d.cluster.findings) items.push([f.severity, (f.node ? f.node + ": " : "") + f.text, f.do, link("/console/cluster")]);
  for (const s of d.stops.stops || []) items.push(["warning", [s.workflow_type ? typeLink(s.workflow_type) : "The version " + s.version.slice(0, 12), " is stopped" + (s.reason ? ": " + s.reason : "") + "."], "Nothing of it starts, and its runs are paused, until the stop is lifted.", link("/console/limits")]);
  const quarantined = d.quarantined.workflows?.filter(r => r.quarantined) || [];
  for (const r of quarantined.slice(0, 3)) items.push(["warning", [runLink(r), " is quarantined: its code broke the runtime or its replay."], "Look at the reason; after a deploy, resume it, perhaps on another version."]);
  for (const q of d.queues.queues || []) {
    if (q.limits.concurrency === 0) items.push(["warning", "The queue " + q.queue + " is stopped.", "Its limits say so: 0 attempts at a time.", link("/console/queues")]);
    if (q.backoff > 0 && q.backoff >= q.leased + q.offered) items.push(["info", plural(q.backoff, "task") + " of the queue " + q.queue + (q.backoff === 1 ? " waits" : " wait") + " to be tried again.", "See what fails there.", link("/console/queues")]);
  }
  for (const c of d.canaries.canaries || []) {
    if (c.counts.canary.failed > 0) items.push(["warning", ["The canary of ", typeLink(c.workflow_type), " has " + plural(c.counts.canary.failed, "failed run") + "."], c.abort_failures ? c.abort_failures + " abort it." : "Nothing aborts it: it has no limit of failures."]);
  }
  const rejected = (d.deploys.deploys || []).find(x => x.outcome !== "ok");
  if (rejected && Date.now() - new Date(rejected.at) < day) items.push(["info", "A " + words(rejected.operation) + " of " + rejected.workflow_type + " was refused: " + words(rejected.outcome) + ".", "", link("/console/deploys")]);
  if (!items.length) return h("section", { key: "attention" }, h("h2", {}, "Needs attention"), h("p.dim", {}, "Nothing."));
  return h("section", { key: "attention" }, h("h2", {}, "Needs attention"), h("ul.findings", {}, items.map(([severity, text, todo, to]) => h("li", {}, status(severity), h("div", {}, h("div", {}, text, to && [" ", h("a", { href: to }, "look")]), todo && h("div.dim", {}, todo))))));
}

function numbers({ counts, queues, load, cluster }) {
  const open = counts.counts ? sum(counts, c => ["running", "paused"].includes(c.status)) : null;
  const tasks = (queues.queues || []).reduce((a, q) => a + q.offered + q.backoff + q.leased, 0);
  const box = (name, value, note, to) => h("div", {}, h("dt", {}, to ? h("a", { href: to }, name) : name), h("dd", {}, value, note && h("small.dim", {}, note)));
  return h("dl.numbers", {},
    box("open runs", open == null ? "–" : count(open), "", link("/console/runs", { status: "running" })),
    box("kept runs", counts.total == null ? "–" : count(counts.total), "", link("/console/runs")),
    box("tasks", queues.queues ? count(tasks) : "–", queues.queues ? plural(queues.queues.length, "queue") : "", link("/console/queues")),
    box("starts", load ? load.starts : "–", load ? "a second" : ""), box("turns", load ? load.turns : "–", load ? "a second, here" : ""),
    box("calls", load ? load.calls : "–", load ? "a second, here" : ""),
    box("behind", load?.late == null ? "–" : load.late < 1 ? "none" : span(load.late * 1000), "timers"),
    box("log", count(cluster.commit_index), "entries"));
}

const refused = p => p.status === 403 ? h("p.dim", {}, "Your token may not see this.") : problem(p);

function types(counts) {
  if (counts instanceof Problem) return refused(counts);
  return table({
    label: "Runs by type", rows: byType(counts), key: r => r.type, href: r => link("/console/runs", { type: r.type }),
    empty: h("p", {}, "There are no runs yet. Deploy a project and start one: ", h("code", {}, "aion-node new hello && aion-node dev hello"), "."),
    columns: [
      { name: "type", cell: r => h("a", { href: link("/console/runs", { type: r.type }) }, r.type) },
      { name: "open", num: true, cell: r => count(r.open) },
      { name: "", wide: true, cell: r => bar(r.parts, r.type) },
      { name: "completed", num: true, cell: r => number(r, "completed") }, { name: "failed", num: true, cell: r => number(r, "failed", "bad") },
      { name: "other", num: true, cell: r => count(r.total - r.open - (r.of.completed || 0) - (r.of.failed || 0)) },
      { name: "all", num: true, cell: r => count(r.total) },
    ],
  });
}

const number = (r, code, tone) => r.of[code] ? h("a", { class: tone || "", href: link("/console/runs", { type: r.type, status: code }) }, count(r.of[code])) : h("span.dim", {}, "0");

function failures(d) {
  if (d.failed instanceof Problem) return refused(d.failed);
  return table({
    label: "Failed in the last day", rows: [...d.failed.workflows, ...(d.late.workflows || [])], key: r => r.run_id, href: r => link("/console/runs/" + encodeURIComponent(r.workflow_id), { run: r.run_id }), empty: "None.",
    columns: [
      { name: "run", cell: r => runLink(r) }, { name: "type", cell: r => typeLink(r.workflow_type) }, { name: "version", cell: r => versionLink(r.workflow_type, r.version) },
      { name: "status", cell: r => status(r.status) }, { name: "closed", cell: r => when(r.closed_at, { ago: true }) },
    ],
  });
}

function deploys(d) {
  if (d instanceof Problem) return refused(d);
  return table({
    label: "Latest deploys", rows: d.deploys, key: x => x.index + "." + x.n, empty: "Nothing was deployed yet.",
    columns: [
      { name: "when", cell: x => when(x.at, { ago: true }) }, { name: "what", cell: x => words(x.operation) }, { name: "type", cell: x => x.workflow_type ? typeLink(x.workflow_type) : "" },
      { name: "version", cell: x => h("code", {}, short(x.version)) }, { name: "by", cell: x => x.actor }, { name: "outcome", cell: x => status(x.outcome === "ok" ? "ok" : "rejected", words(x.outcome)) },
      { name: "message", wide: true, cell: x => x.message || "" },
    ],
  });
}
