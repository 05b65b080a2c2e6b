// schedule_actions are what may be done with schedules.

import { get, path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { go, link } from "../router.js";
import { act } from "../parts/dialog.js";
import { runLink } from "../parts/names.js";
import { plural } from "../parts/text.js";
import { allowed } from "./actions.js";

// rhythm says when a schedule fires.
export const rhythm = s => [s, ...(s.also || [])].map((t, i) => [i ? "; " : "", t.every ? "every " + t.every : [h("code", {}, t.cron), t.timezone && t.timezone !== "UTC" ? h("span.dim", {}, " " + t.timezone) : ""]]);

const overlaps = ["skip", "buffer_one", "buffer_all", "cancel_previous", "terminate_previous", "allow_all"];
const to = (id, verb) => path`/v1/schedules/${id}` + (verb ? "/" + verb : "");
const started = a => a.runs?.length ? h("div", {}, h("p", {}, plural(a.runs.length, "run") + " started:"), h("ul", {}, a.runs.slice(0, 20).map(r => h("li", {}, runLink(r))))) : h("p", {}, "Nothing started: the overlap policy held it back.");

const fields = s => [
  { name: "every", label: "Every", value: s?.every, hint: "Such as 90m; or" }, { name: "cron", label: "Cron", value: s?.cron, hint: "Five fields, such as 30 3 * * *" }, { name: "timezone", label: "Time zone of cron", value: s?.timezone, hint: "Such as Europe/Zurich. Empty: UTC" },
  { name: "also", label: "More times", kind: "json", rows: 2, value: s?.also ? JSON.stringify(s.also) : "", hint: 'JSON, such as [{"cron": "0 10 * * sat"}, {"every": "24h"}]' },
  { name: "input", label: "Input", kind: "json", value: s?.input === undefined ? "" : JSON.stringify(s.input, null, 2) }, { name: "attributes", label: "Attributes", kind: "json", rows: 2, value: s?.attributes && Object.keys(s.attributes).length ? JSON.stringify(s.attributes) : "" },
  { name: "overlap", label: "If a run is still open", kind: "choice", options: overlaps.map(o => [o, o.replaceAll("_", " ")]), value: s?.overlap || "skip" }, { name: "catch_up", label: "Times that passed without a leader", kind: "choice", options: ["one", "none", "all"], value: s?.catch_up || "one" },
  { name: "jitter", label: "Jitter", value: s?.jitter, hint: "Each fire comes less than so much after its time" }, { name: "pause_on_failure", label: "A failed run pauses it", kind: "check", value: s?.pause_on_failure },
];
const body = v => ({ every: v.every, cron: v.cron, timezone: v.timezone, also: v.also, input: v.input, attributes: v.attributes, overlap: v.overlap, catch_up: v.catch_up, jitter: v.jitter, pause_on_failure: v.pause_on_failure || undefined });
const flags = v => [["--every", v.every], ["--cron", v.cron], ...(v.also || []).map(t => t.every ? ["--every", t.every] : ["--cron", t.cron]), ["--timezone", v.timezone], ["--overlap", v.overlap === "skip" ? "" : v.overlap], ["--catch-up", v.catch_up === "one" ? "" : v.catch_up], v.input !== undefined && ["--input", JSON.stringify(v.input)]];

// create makes a new one.
export const create = () => allowed("start", { any: true }, { name: "Create a schedule", open: async () => {
  let types = [];
  try { types = [...new Set((await get("/v1/versions")).data.versions.filter(v => v.route_active).map(v => v.workflow_type))]; } catch { /* it is typed then */ }
  act({
    title: "Create a schedule", verb: "Create", go, affects: "It starts a run of the type each time that it fires, on the version that is routed then.",
    fields: [{ name: "id", label: "Schedule id", required: true }, { name: "type", label: "Workflow type", required: true, list: types }, ...fields()],
    call: v => ({ method: "POST", to: "/v1/schedules", body: { schedule_id: v.id, type: v.type, ...body(v) } }),
    command: v => command("schedule", "create", v.type || "TYPE", ["--id", v.id], ...flags(v)), done: a => link(path`/console/schedules/${a.schedule_id}`),
  });
} });

// scheduleActions are those of one.
export function scheduleActions(s) {
  const of = { type: s.type }, id = s.schedule_id;
  const allow = action => allowed("start", of, action);
  return [
    allow({ name: "Trigger", open: () => act({
      title: "Fire " + id + " now", verb: "Fire", go, affects: "One run of " + s.type + " starts, also while the schedule is paused.", fields: [{ name: "overlap", label: "If a run is still open", kind: "choice", options: [["", "as the schedule says (" + s.overlap.replaceAll("_", " ") + ")"], ...overlaps.map(o => [o, o.replaceAll("_", " ")])], value: "" }],
      call: v => ({ method: "POST", to: to(id, "trigger"), body: { overlap: v.overlap || undefined } }), command: v => command("schedule", "trigger", id, ["--overlap", v.overlap]), done: started,
    }) }),
    s.paused ? allow({ name: "Resume", open: () => act({ title: "Resume " + id, verb: "Resume", go, affects: "It fires again from now on. Times that have passed are not made up for.", call: () => ({ method: "POST", to: to(id, "resume") }), command: () => command("schedule", "resume", id) }) })
      : allow({ name: "Pause", open: () => act({ title: "Pause " + id, verb: "Pause", go, affects: "It does not fire until it is resumed. Its open runs go on.", fields: [{ name: "reason", label: "Reason" }], call: v => ({ method: "POST", to: to(id, "pause"), body: { reason: v.reason } }), command: v => command("schedule", "pause", id, ["--reason", v.reason]) }) }),
    allow({ name: "Backfill", open: () => act({
      title: "Backfill " + id, verb: "Backfill", danger: true, go, affects: "A run starts for each of its times in a span that has passed.",
      fields: [{ name: "from", label: "From", kind: "time", required: true }, { name: "to", label: "To, not included", kind: "time", required: true }, { name: "overlap", label: "If a run is still open", kind: "choice", options: overlaps.map(o => [o, o.replaceAll("_", " ")]), value: "allow_all" }],
      call: v => ({ method: "POST", to: to(id, "backfill"), body: { from: v.from, to: v.to, overlap: v.overlap } }), command: v => command("schedule", "backfill", id, ["--from", v.from], ["--to", v.to], ["--overlap", v.overlap === "allow_all" ? "" : v.overlap]), done: started,
    }) }),
    allow({ name: "Change", open: () => act({
      title: "Change " + id, verb: "Change", go, affects: "The whole definition is replaced. Open runs go on as they are.", fields: fields(s), call: v => ({ method: "PUT", to: to(id), body: { type: s.type, paused: s.paused || undefined, ends_at: s.ends_at, fires: s.fires, ...body(v) } }), command: v => command("schedule", "update", id, ...flags(v)),
    }) }),
    allow({ name: "Delete", open: () => act({ title: "Delete " + id, verb: "Delete", danger: true, go, affects: "It fires no more. " + (s.open_runs.length ? plural(s.open_runs_total || s.open_runs.length, "open run") + " of it go on." : "It has no open runs."), call: () => ({ method: "DELETE", to: to(id) }), command: () => command("schedule", "delete", id), done: () => link("/console/schedules") }) }),
  ];
}
