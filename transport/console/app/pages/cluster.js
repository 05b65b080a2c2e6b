// cluster shows the nodes: who leads, who lags, disks, clocks, certificates, and what an operator
// should know.

import { command } from "../cli.js";
import { h } from "../h.js";
import { id, status } from "../parts/names.js";
import { pairs, table } from "../parts/table.js";
import { bytes, count, words } from "../parts/text.js";
import { since, span, when } from "../parts/time.js";
import { buttons } from "./actions.js";
import { nodeActions } from "./cluster_actions.js";
import { metrics } from "./metrics.js";

export const cluster = {
  name: "cluster", title: "Cluster", every: 2500, events: ["LeaderChanged", "MemberChanged"],
  load: async ctx => {
    const [c, jobs, tokens, counted] = await Promise.all([ctx.get("/v1/cluster"), ctx.maybe("/v1/jobs"), ctx.maybe("/v1/cluster/join-tokens"), metrics(ctx)]);
    return { c, jobs, tokens, counted: counted || [] };
  },
  render: ({ c, jobs, tokens, counted }, ctx) => h("div", {},
    h("h1", {}, "Cluster"), h("p.lead", {}, c.leader ? c.leader + " leads, in term " + count(c.term) + "." : "There is no leader.", h("span.dim", {}, " As " + c.node + " sees it.")),
    buttons(cluster.actions({ c, tokens }, ctx)),
    h("h2", {}, "What an operator should know"), c.findings.length ? h("ul.findings", {}, c.findings.map(f => h("li", {}, status(f.severity), h("div", {}, h("div", {}, f.node && h("strong", {}, f.node + ": "), f.text), f.do && h("div.dim", {}, f.do))))) : h("p.dim", {}, "Nothing: all is well."),
    h("h2", {}, "Nodes"),
    table({ label: "Nodes", rows: c.members, key: m => m.id, columns: [
      { name: "node", cell: m => [h("strong", {}, m.id), m.id === c.node && h("span.dim", {}, " this one")] }, { name: "role", cell: m => [m.leader ? "leader" : m.role, m.demoted && h("span.warn", {}, " demoted")] }, { name: "status", cell: m => [status(m.status), m.draining && h("span.warn", {}, " drains")] },
      { name: "behind", num: true, cell: m => lag(c, m) }, { name: "disk", cell: m => m.disk ? h("span", { class: m.disk.level === "ok" ? "" : m.disk.level === "full" ? "bad" : "warn" }, bytes(m.disk.free_bytes) + " free of " + bytes(m.disk.size_bytes)) : h("span.dim", {}, "not known") },
      { name: "clock", cell: m => m.clock_wrong ? h("span.bad", {}, m.clock_ahead + " ahead") : m.clock_ahead ?? h("span.dim", {}, "not heard of") }, { name: "archives missing", num: true, cell: m => m.missing_blobs ? h("span.warn", {}, count(m.missing_blobs)) : "0" }, { name: "build", cell: m => m.version },
      { name: "callers at", wide: true, cell: m => h("code", {}, m.http_address) },
    ] }),
    h("h2", {}, "State"), pairs([
      ["cluster", id(c.cluster_id)], ["log", count(c.commit_index) + " entries committed, " + count(c.applied_index) + " applied here"], ["level", count(c.level)], ["log time", [when(c.log_time, { exact: true }), c.log_time_held && h("span.warn", {}, " held back by " + c.log_time_held)]], ["clocks", words(c.clocks)],
      ["digest", [id(c.digest), h("span.dim", {}, " at index " + count(c.digest_index))]], c.deploy_chain && ["deploy chain", id(c.deploy_chain)],
      ...metric(counted, "aion_state_disk_bytes", v => ["state on disk", bytes(v)]), ...metric(counted, "aion_raft_log_bytes", v => ["log on disk", bytes(v)]), ...metric(counted, "process_resident_memory_bytes", v => ["memory of this node", bytes(v)]),
      ...metric(counted, "aion_raft_leader_contact_seconds", v => ["heard from the leader", v < 1 ? "now" : span(1000 * v) + " ago"]),
      ...metric(counted, "aion_backup_last_success_timestamp_seconds", v => ["last backup from here", v ? when(1000 * v, { ago: true }) : "none since it started"]),
    ]),
    h("h2", {}, "Certificates of this node"), certificates(counted),
    h("h2", {}, "Left to do"), h("p.dim", {}, "Commands that were too large for one entry."), jobs.jobs ? table({ label: "Jobs", rows: jobs.jobs, key: j => j.id, empty: "Nothing.", columns: [{ name: "what", cell: j => words(j.kind) }, { name: "run", cell: j => h("code", {}, j.workflow_id) }, { name: "since", cell: j => when(j.since, { ago: true }) }, { name: "closed", num: true, cell: j => count(j.runs_closed) }, { name: "waiting", num: true, cell: j => count(j.runs_waiting) }, { name: "", wide: true, cell: () => "" }] }) : h("p.dim", {}, jobs.message),
    tokens.join_tokens && [h("h2", {}, "Join tokens"), table({ label: "Join tokens", rows: tokens.join_tokens, key: t => t.id, empty: "None.", columns: [{ name: "id", cell: t => h("code", {}, t.id) }, { name: "made by", cell: t => t.by || "" }, { name: "made", cell: t => when(t.created_at, { ago: true }) }, { name: "expires", wide: true, cell: t => t.expires_at ? when(t.expires_at, { ago: true }) : "never" }] })]),
  command: () => command("cluster", "status"),
  actions: d => nodeActions(d.c),
};

const lag = (c, m) => m.leader ? h("span.dim", {}, "leads") : m.status !== "alive" ? h("span.warn", {}, "not heard of") : count(Math.max(0, c.commit_index - m.applied_index)) + " entries";
const metric = (list, name, make) => list.filter(m => m.name === name).slice(0, 1).map(m => make(m.value));

function certificates(list) {
  const rows = list.filter(m => m.name === "aion_tls_not_after_seconds");
  return rows.length ? pairs(rows.map(m => [m.labels.file, h("span", { class: 1000 * m.value - Date.now() < 14 * 86_400_000 ? "bad" : "" }, "expires ", since(1000 * m.value))])) : h("p.dim", {}, "It serves without TLS.");
}
