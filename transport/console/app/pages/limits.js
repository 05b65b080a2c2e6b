// limits shows what is stopped, and how many runs may be open and how deep their trees may be.

import { command, last } from "../cli.js";
import { path, Problem } from "../api.js";
import { h } from "../h.js";
import { act } from "../parts/dialog.js";
import { typeLink, versionLink } from "../parts/names.js";
import { problem } from "../parts/problem.js";
import { table } from "../parts/table.js";
import { count, plural, short } from "../parts/text.js";
import { when } from "../parts/time.js";
import { go, link } from "../router.js";
import { allowed, buttons } from "./actions.js";

export const limits = {
  name: "limits", title: "Stops and quotas", every: 5000,
  load: async ctx => {
    const [stops, quotas, jobs] = await Promise.all([ctx.get("/v1/stops"), ctx.maybe("/v1/quotas"), ctx.maybe("/v1/jobs")]);
    return { stops: stops.stops, quotas, jobs: jobs.jobs || [] };
  },
  render: (d, ctx) => h("div", {},
    h("h1", {}, limits.title), buttons(limits.actions(d, ctx)),
    h("section", { key: "stops" }, h("h2", {}, "Stopped"), table({
      label: "What is stopped", rows: d.stops, key: s => s.workflow_type || s.version, empty: "Nothing is stopped.", columns: [
        { name: "type or version", cell: s => stopped(s) }, { name: "since", cell: s => when(s.stopped_at, { ago: true }) }, { name: "by", cell: s => s.stopped_by || "" },
        { name: "runs that were open", num: true, cell: s => h("a", { href: link("/console/runs", s.workflow_type ? { type: s.workflow_type, status: "paused" } : { version: s.version, status: "paused" }) }, count(s.runs_open)) },
        { name: "reason", wide: true, cell: s => s.reason || "" }, { name: "", cell: s => row(unstop(s)) },
      ] }), d.jobs.length > 0 && h("p.dim", {}, plural(d.jobs.length, "job"), " still " + (d.jobs.length === 1 ? "goes" : "go") + " through runs.")),
    h("section", { key: "quotas" }, h("h2", {}, "Quotas"), d.quotas instanceof Problem ? problem(d.quotas) : table({
      label: "Quotas", rows: d.quotas.quotas, key: q => q.workflow_type || "", empty: "There are no quotas.", columns: [
        { name: "of", cell: q => q.workflow_type ? typeLink(q.workflow_type) : "all types together" }, { name: "open now", num: true, cell: q => h("span", { class: q.open_runs && q.open >= q.open_runs ? "bad" : "" }, count(q.open || 0)) },
        { name: "may be open", num: true, cell: q => q.open_runs ? count(q.open_runs) : h("span.dim", {}, "any number") }, { name: "may be deep", num: true, cell: q => q.depth ? count(q.depth) : h("span.dim", {}, "any depth") },
        { name: "", wide: true, cell: q => [row(setQuota(q)), " ", row(unsetQuota(q))] },
      ] }))),
  command: () => command("stops"),
  actions: () => [stop(), setQuota()],
};

const row = a => h("button", { type: "button", disabled: !!a.no, title: a.no || null, onclick: a.open }, a.name);

const stopped = s => s.workflow_type ? typeLink(s.workflow_type) : [s.workflow_types?.length ? versionLink(s.workflow_types[0], s.version) : h("code", {}, short(s.version)), s.workflow_types?.length > 1 && h("span.dim", {}, " " + s.workflow_types.join(", "))];

// named is a type or a version as the command line takes it.
const named = (type, version) => [type && /^[0-9a-f]{6,64}$/.test(type) && /\d/.test(type) && "--type", type ? (type.startsWith("-") ? last(type) : type) : short(version)];

// stop stops a type, or a version, or what somebody chooses.
export function stop({ type = "", version = "" } = {}) {
  const what = v => v.version ? { version: v.version } : { type: v.type };
  const given = type || version;
  return allowed("operate", type ? { type } : { any: true }, { name: version ? "Stop this version" : type ? "Stop this type" : "Stop a type or a version", open: () => act({
    title: "Stop " + (version ? "the version " + short(version) : type || "a type or a version"), verb: "Stop", danger: true, go,
    affects: [h("p", {}, "From that moment on nothing of it starts, whoever asks, schedules and parents too; no run of it takes a turn; its open runs are paused."), h("p.dim", {}, "Routes and what is loaded stay. Activities that workers hold go on. A version is stopped with all types that it carries.")],
    fields: [!given && { name: "type", label: "Workflow type", hint: "This, or a version" }, !given && { name: "version", label: "Version", hint: "In full, or a prefix of six digits" }, { name: "reason", label: "Reason", hint: "Starts that are refused say it, and the histories of the runs" }],
    call: v => ({ method: "POST", to: "/v1/stops", body: { ...(given ? { type: type || undefined, version: version || undefined } : what(v)), reason: v.reason } }),
    command: v => command("stop", ...named(type || !version && !v.version && v.type, version || v.version || "VERSION"), ["--reason", v.reason]),
    done: a => h("p", {}, a.changed ? ["Nothing of it starts from index " + count(a.index) + " on; " + plural(a.runs_open, "run") + (a.runs_open === 1 ? " is" : " are") + " being paused. "] : "It was stopped before. ", h("a", { href: link("/console/limits") }, "What is stopped")),
  }) });
}

// unstop lifts a stop.
export function unstop(s) {
  const of = s.workflow_type ? { type: s.workflow_type } : {};
  return allowed("operate", s.workflow_type ? of : { any: true }, { name: "Lift the stop", open: () => act({
    title: "Let " + (s.workflow_type || "the version " + short(s.version)) + " run again", verb: "Lift the stop", go, affects: "It starts again, as it is routed. Its runs stay paused, for somebody to look at one first, unless they are to go on.",
    fields: [{ name: "resume", label: "Let the runs go on that the stop has paused", kind: "check" }],
    call: v => ({ method: "DELETE", to: "/v1/stops", query: { type: s.workflow_type, version: s.version, resume: v.resume ? "true" : "" } }),
    command: v => command("unstop", ...named(s.workflow_type, s.version), v.resume && "--resume"),
    done: a => h("p", {}, a.changed ? "It runs again" : "It was not stopped", a.job_id ? "; job " + a.job_id + " lets its runs go on." : "."),
  }) });
}

// setQuota sets a quota: a given one, of a given type, or one that somebody names.
export function setQuota(q) {
  const type = q?.workflow_type;
  return allowed("operate", type ? { type } : q ? {} : { any: true }, { name: q ? "Change" : "Set a quota", open: () => act({
    title: q ? "Change the quota of " + (type || "all types together") : "Set a quota", verb: "Set it", go, affects: "It bounds what starts from now on: starts beyond it are refused, children fail with quota_reached or too_deep. Runs that are open stay open, and nothing is bound that continues as new.",
    fields: [!q && { name: "type", label: "Workflow type", hint: "Empty: all types of the namespace together" }, { name: "open_runs", label: "Runs that may be open", kind: "number", min: 1, value: q?.open_runs || "", hint: "Empty: any number" }, { name: "depth", label: "Levels of children", kind: "number", min: 1, value: q?.depth || "", hint: "Empty: any depth" }],
    call: v => ({ method: "PUT", to: type || v.type ? path`/v1/quotas/${type || v.type}` : "/v1/quotas", body: { open_runs: v.open_runs || 0, depth: v.depth || 0 } }),
    command: v => command("quota", "set", type || v.type, ["--open-runs", v.open_runs], ["--depth", v.depth]),
  }) });
}

function unsetQuota(q) {
  const type = q.workflow_type;
  return allowed("operate", type ? { type } : {}, { name: "Remove", open: () => act({
    title: "Remove the quota of " + (type || "all types together"), verb: "Remove it", go, affects: "Nothing of it bounds any more how many runs are open, and how deep they are.",
    call: () => ({ method: "PUT", to: type ? path`/v1/quotas/${type}` : "/v1/quotas", body: {} }), command: () => command("quota", "unset", type),
  }) });
}
