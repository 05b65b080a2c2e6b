// deploy_actions are what may be done to versions and routes: each says first what it would do.

import { change, get, path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { go, link } from "../router.js";
import { act } from "../parts/dialog.js";
import { count, plural, short } from "../parts/text.js";
import { allowed } from "./actions.js";

const message = { name: "message", label: "Message", hint: "For the deploy history" };

// deploy takes an archive: it is stored, planned, and loaded when somebody says so.
export const deploy = file => allowed("deploy", { any: true }, { name: "Deploy an archive", open: () => open(file) });

function open(file) {
  let stored = null;
  const store = async v => {
    const chosen = v.file || file;
    if (!chosen) throw Object.assign(new Error(), { code: "invalid_input", title: "No archive", detail: "Choose or drop a file that aion-node package has written.", facts: {} });
    if (stored?.of !== chosen) stored = { of: chosen, archive: (await change("PUT", "/v1/archives", { raw: chosen })).archive };
    return { changes: [{ op: "load", archive: stored.archive, route: v.route, gate: v.gate && v.route ? "open" : undefined }], message: v.message };
  };
  act({
    title: "Deploy " + (file ? file.name : "an archive"), verb: "Deploy", go,
    affects: "Its versions are loaded, and the routes of all its types moved to them, in one step: all or nothing. Runs that are open stay on the version that they are on. Look at the plan first.",
    fields: [
      !file && { name: "file", label: "Archive", kind: "file", accept: ".aion", hint: "Made by aion-node package" }, message,
      { name: "route", label: "Route its types to it", kind: "check", value: true }, { name: "gate", label: "Only if every open run of its types replays on it", kind: "check" },
    ],
    preview: { verb: "Plan", call: v => ({ run: async () => change("POST", "/v1/deployments", { body: { ...await store(v), dry_run: true } }) }), show: a => plan(a.plan) },
    call: v => ({ run: async () => change("POST", "/v1/deployments", { body: await store(v) }) }),
    command: v => command("deploy", (v.file || file)?.name || "FILE", !v.route && "--no-route", v.gate && v.route && ["--gate", "open"], ["--message", v.message]),
    done: a => h("div", {}, a.changes.map(c => h("p", {}, (c.workflow_types || []).join(", ") + ": version " + short(c.version) + (c.freshly_loaded ? " was loaded" : " was loaded already") + (c.route_changed ? " and is routed." : ".")))),
  });
}

// plan shows what a deployment would change.
export function plan(p) {
  if (!p) return h("p", {}, "There is no plan.");
  const list = (title, items, item) => items?.length > 0 && [h("h3", {}, title), h("ul", {}, items.map(x => h("li", {}, item(x))))];
  return h("div", {}, h("p", {}, h("strong", {}, p.changes ? "This would change:" : "This would change nothing.")),
    list("Versions", p.versions, v => [v.workflow_types.join(", "), " ", h("code", {}, short(v.version)), v.resident ? " is loaded already" : " would be loaded", v.signed_by?.length ? ", signed by " + v.signed_by.join(", ") : ""]),
    list("Routes", p.routes, r => [r.workflow_type, " from ", h("code", {}, short(r.from) || "none"), " to ", h("code", {}, short(r.to))]),
    list("Left behind on their version", p.dropped, d => [d.workflow_type, " stays on ", h("code", {}, short(d.version))]),
    list("Stay because open runs need them", p.pinned, v => [v.workflow_types.join(", "), " ", h("code", {}, short(v.version)), ": " + plural(Object.values(v.pins).reduce((a, b) => a + b, 0), "run")]),
    list("Canaries", p.canaries, c => [c.workflow_type, ": " + c.share, c.share_before ? ", before " + c.share_before : ""]),
    list("Schedules that it would refuse", p.schedules, s => [h("span.bad", {}, s.schedule_id), ": " + s.reason]),
    list("Activities that no worker polls for", p.unpolled, a => h("span.warn", {}, a)),
    p.schedules_unchecked > 0 && h("p.dim", {}, plural(p.schedules_unchecked, "schedule"), " could not be checked."));
}

// versionActions are those of one version of a type: v is a row of the listing, all are its rows.
export function versionActions(v, all, canary) {
  const type = v.workflow_type, of = { type };
  const routed = all.find(x => x.workflow_type === type && x.route_active);
  const has = canary?.workflow_type === type ? canary : null;
  return [
    !v.route_active && allowed("deploy", of, { name: "Route", open: () => act({
      title: "Route " + type + " to " + short(v.version), verb: "Route", go, affects: [h("p", {}, "New runs of " + type + " start on it instead of on " + (routed ? short(routed.version) : "nothing") + "."), h("p.dim", {}, "Open runs stay where they are. Rolling back leads to the version that is routed now.")], fields: [message],
      call: x => ({ method: "PUT", to: path`/v1/routes/${type}`, body: { version: v.version, expect: routed?.version || "none", message: x.message } }),
      command: x => command("route", type, short(v.version), ["--expect-route", routed ? short(routed.version) : "none"], ["--message", x.message]),
      done: a => h("p", {}, type + " is routed to " + short(a.version) + (a.previous ? ", before to " + short(a.previous) : "") + "."),
    }) }),
    v.route_active && allowed("deploy", of, { name: "Roll back", open: () => act({
      title: "Roll back " + type, verb: "Roll back", danger: true, go, affects: "New runs start on the version that was routed before " + short(v.version) + ". Doing it twice goes back.", fields: [message],
      call: x => ({ method: "POST", to: path`/v1/routes/${type}/rollback`, body: { expect: v.version, message: x.message } }), command: x => command("rollback", type, ["--message", x.message]),
      done: a => h("p", {}, type + " is routed to " + short(a.version) + "."),
    }) }),
    v.route_active && allowed("deploy", of, { name: "Remove the route", open: () => act({
      title: "Remove the route of " + type, verb: "Remove", danger: true, go, affects: "Nothing new of this type starts until it is routed again. Its schedules fail.", fields: [message],
      call: x => ({ method: "DELETE", to: path`/v1/routes/${type}`, query: { expect: v.version, message: x.message } }), command: x => command("unroute", type, ["--message", x.message]),
    }) }),
    !v.route_active && !has && routed && allowed("deploy", of, { name: "Begin a canary", open: () => canaryDialog(v, routed) }),
    has && has.version === v.version && allowed("deploy", of, { name: "Change the canary", open: () => canaryDialog(v, routed, has) }),
    has && has.version === v.version && allowed("deploy", of, { name: "Promote the canary", open: () => act({
      title: "Promote the canary of " + type, verb: "Promote", go, affects: ["All new runs start on " + short(v.version) + ". ", tally(has)], fields: [message],
      call: x => ({ method: "POST", to: path`/v1/canaries/${type}/promote`, body: { message: x.message } }), command: x => command("canary", "promote", type, ["--message", x.message]), done: () => h("p", {}, "Promoted."),
    }) }),
    has && has.version === v.version && allowed("deploy", of, { name: "Abort the canary", open: () => act({
      title: "Abort the canary of " + type, verb: "Abort", danger: true, go, affects: ["All new runs start on " + short(has.routed) + ". Runs on the canary stay on it. ", tally(has)], fields: [message],
      call: x => ({ method: "DELETE", to: path`/v1/canaries/${type}`, query: { message: x.message } }), command: x => command("canary", "abort", type, ["--message", x.message]), done: () => h("p", {}, "Aborted."),
    }) }),
    !v.route_active && !v.unload_when_drained && allowed("deploy", of, { name: "Unload", open: () => act({
      title: "Unload " + type + " " + short(v.version), verb: "Unload", danger: true, go,
      affects: [h("p", {}, "Its code is removed from all nodes. What its runs left stays readable."), h("p.dim", {}, pinned(v) ? plural(pinned(v), "open run") + " need it now: it can be unloaded once they are gone." : "Nothing needs it.")],
      fields: [message, { name: "drained", label: "When it is drained, if not now", kind: "check", value: pinned(v) > 0 }],
      call: x => ({ method: "DELETE", to: path`/v1/versions/${type}/${v.version}`, query: { message: x.message, when: x.drained ? "drained" : "" } }),
      command: x => command("unload", type, short(v.version), x.drained && "--when-drained", ["--message", x.message]),
      done: a => h("p", {}, a.pending ? "It goes in the entry that drains it." : "Unloaded: " + a.workflow_types.join(", ") + "."),
    }) }),
    v.unload_when_drained && allowed("deploy", of, { name: "Keep it", open: () => act({
      title: "Take the unload of " + short(v.version) + " back", verb: "Keep it", go, affects: "It stays when it is drained.", fields: [message],
      call: x => ({ method: "DELETE", to: path`/v1/versions/${type}/${v.version}/unload`, query: { message: x.message } }), command: x => command("unload", type, short(v.version), "--cancel", ["--message", x.message]),
    }) }),
    backtest(v), pinned(v) > 0 && moveAll(v, all),
  ].filter(Boolean);
}

export const pinned = v => Object.values(v.pins || {}).reduce((a, b) => a + b, 0);

// tally is what became of the runs of a canary and beside it.
export const tally = c => h("span.dim", {}, "Canary: " + counts(c.counts.canary) + ". Routed: " + counts(c.counts.routed) + ".");
const counts = n => count(n.started) + " started, " + count(n.completed) + " completed, " + count(n.failed) + " failed";

function canaryDialog(v, routed, has) {
  const type = v.workflow_type;
  act({
    title: (has ? "Change the canary of " : "Begin a canary of ") + type, verb: has ? "Change" : "Begin", go,
    affects: "A share of new runs starts on " + short(v.version) + ", the others on " + short(routed.version) + ". What is left empty is no limit: then somebody has to promote or abort it.",
    fields: [
      { name: "share", label: "Share of new runs", required: true, value: has?.share || "10%", hint: "A percentage, such as 10% or 0.25%" }, !has && { name: "key", label: "Attribute that decides", hint: "Empty: the workflow id" },
      { name: "abort", label: "Aborted after so many failures", kind: "number", min: 1, value: has?.abort_failures || "" }, { name: "promote", label: "Promoted after so many completed runs", kind: "number", min: 1, value: has?.promote_after || "" },
      { name: "time", label: "Promoted after so long", hint: "Such as 30m" }, message,
    ],
    call: x => ({ method: "PUT", to: path`/v1/canaries/${type}`, body: { version: v.version, share: x.share, key: x.key || has?.key, abort_failures: x.abort, promote_after: x.promote, for: x.time, message: x.message } }),
    command: x => command("canary", "set", type, !has && ["--version", short(v.version)], ["--share", x.share], ["--key", x.key], ["--abort-failures", x.abort], ["--promote-after", x.promote], ["--for", x.time], ["--message", x.message]),
    done: a => h("p", {}, a.share + " of new runs start on " + short(a.version) + "."),
  });
}

// backtest replays recorded histories on a version.
export function backtest(v) {
  return allowed("deploy", {}, { name: "Backtest", open: () => act({
    title: "Replay histories on " + short(v.version), verb: "Begin", go, affects: "Recorded histories of " + v.workflow_type + " are replayed on this version by the node that you are at. Nothing happens to the runs.",
    fields: [
      { name: "runs", label: "Runs", kind: "choice", options: ["all", "open", "closed"], value: "all" }, { name: "since", label: "Started since", hint: "Such as 24h. Empty: ever" }, { name: "limit", label: "The newest so many", kind: "number", min: 1, value: 1000 },
      { name: "where", label: "Only where", hint: "A condition, such as amount>=100" },
    ],
    call: x => ({ method: "POST", to: "/v1/backtests", body: { version: v.version, types: [v.workflow_type], runs: x.runs, since: x.since, limit: x.limit, where: x.where ? [x.where] : undefined } }),
    command: x => command("backtest", short(v.version), ["--type", v.workflow_type], ["--runs", x.runs === "all" ? "" : x.runs], ["--since", x.since], ["--limit", x.limit], ["--where", x.where]),
    done: a => link("/console/trials", { id: a.backtest_id }),
  }) });
}

function moveAll(v, all) {
  const others = all.filter(x => x.workflow_type === v.workflow_type && x.version !== v.version);
  return allowed("deploy", {}, { name: "Move its runs", no: others.length ? "" : "There is no other version of the type", open: () => {
    const body = (x, dry) => ({ type: v.workflow_type, from: v.version, to: x.to, where: x.where ? [x.where] : undefined, dry_run: dry || undefined });
    act({
      title: "Move the open runs of " + v.workflow_type + " off " + short(v.version), verb: "Move", danger: true, go, affects: "Each run's history is replayed on the other version. It goes on there if that asks for the same, and stays otherwise.",
      fields: [{ name: "to", label: "To version", kind: "choice", options: others.map(x => [x.version, short(x.version) + " " + (x.state || "")]), value: others[0]?.version }, { name: "where", label: "Only where", hint: "A condition, such as amount>=100" }],
      call: x => ({ method: "POST", to: "/v1/moves", body: body(x, false) }), done: a => link("/console/trials", { move: a.move_id }),
      preview: { verb: "Prove only", call: x => ({ run: async () => {
        const { move_id: id } = await change("POST", "/v1/moves", { body: body(x, true) });
        for (;;) { const { data } = await get(path`/v1/moves/${id}`, { wait: "10s" }); if (data.status !== "running") return data; }
      } }), show: a => h("p", {}, plural(a.same, "run") + " would be moved; " + count(a.diverged + a.differed) + " would do something else, " + count(a.skipped) + " are skipped.") },
      command: x => command("move", v.workflow_type, ["--from", short(v.version)], ["--to", short(x.to)], ["--where", x.where]),
    });
  } });
}

