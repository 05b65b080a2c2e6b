// actions are what may be done to runs: what each dialog says, asks, calls and shows. An action is
// {name, open, no}: no says why it is not offered.

import { path, get } from "../api.js";
import { command, last } from "../cli.js";
import { h } from "../h.js";
import { go } from "../router.js";
import { can } from "../session.js";
import { act } from "../parts/dialog.js";
import { json } from "../parts/json.js";
import { runAddress, status } from "../parts/names.js";
import { count, plural, short } from "../parts/text.js";
import { goBack } from "./run_back.js";
import { startBody, startFlags, startOptions } from "./start_options.js";

// buttons shows actions; what the token does not allow is shown too, with the grant that it lacks.
export const buttons = list => h("div.actions", { key: "actions" }, list.filter(Boolean).map(a => h("button", { key: a.name, type: "button", disabled: !!a.no, title: a.no || null, onclick: a.open }, a.name + (a.no ? "" : "…"))));

// allowed completes an action by what its grant says.
export const allowed = (kind, of, action) => can(kind, of) ? action : { ...action, no: "Your token lacks the grant " + kind + (of?.type ? " for " + of.type : of?.queue ? " for the queue " + of.queue : "") };

const reason = { name: "reason", label: "Reason", hint: "Stands in the history. May be empty." };

// startRun starts a run, with a form from the input schema of the type.
export function startRun(type = "", input, attributes) {
  return allowed("start", type ? { type } : { any: true }, { name: "Start a run", open: () => start(type, input, attributes) });
}

async function start(type, input, attributes) {
  let versions = [];
  try { versions = (await get("/v1/versions")).data.versions; } catch { /* the type is typed then */ }
  const types = [...new Set(versions.filter(v => v.route_active).map(v => v.workflow_type))];
  if (!type) return act({
    title: "Start a run", affects: "Choose what to start. The next step asks for its input.", verb: "Go on", go,
    fields: [types.length ? { name: "type", label: "Workflow type", kind: "choice", options: types, value: types[0] } : { name: "type", label: "Workflow type", required: true }],
    call: v => ({ run: async () => v.type }), done: chosen => { setTimeout(() => start(chosen)); return ""; },
    command: v => command("start", v.type),
  });
  const routed = versions.find(v => v.workflow_type === type && v.route_active);
  let schema;
  if (routed) try { schema = (await get(path`/v1/versions/${type}/${routed.version}`)).data.manifest.workflows.find(w => w.type === type)?.input_schema; } catch { /* JSON then */ }
  act({
    title: "Start a run of " + type, verb: "Start", go,
    affects: routed ? "It starts on the routed version " + short(routed.version) + ", unless a canary takes it." : "Nothing is routed for this type: give a version.",
    fields: [
      { name: "id", label: "Workflow id", hint: "Empty: one is made up. An id has one open run at a time." },
      schema ? { name: "input", label: "Input", kind: "schema", schema, value: input } : { name: "input", label: "Input", kind: "json", hint: "JSON. The type has no schema.", value: input === undefined ? "" : JSON.stringify(input, null, 2) },
      { name: "attributes", label: "Attributes", kind: "json", rows: 2, hint: 'JSON, such as {"city": "Bern"}', value: attributes && Object.keys(attributes).length ? JSON.stringify(attributes) : "" },
      { name: "version", label: "Version", hint: "Empty: the routed one", list: versions.filter(v => v.workflow_type === type).map(v => v.version) },
      { name: "timeout", label: "Time limit", hint: "Such as 24h. Empty: the package's" },
      ...startOptions(),
    ],
    call: v => ({ method: "POST", to: "/v1/workflows", body: { type, input: v.input, workflow_id: v.id, version: v.version, attributes: v.attributes, timeout: v.timeout, ...startBody(v) } }),
    command: v => command("start", type, ["--id", v.id], ["--version", v.version], ["--timeout", v.timeout], ...Object.entries(v.attributes || {}).map(([k, x]) => ["--attr", k + "=" + JSON.stringify(x)]), v.input !== undefined && ["--input", JSON.stringify(v.input)], ...startFlags(v)),
    done: answer => runAddress(answer.workflow_id, answer.run_id),
  });
}

// runActions are those of one run, by its state.
export function runActions(r, chain = {}) {
  const open = r.status === "running" || r.status === "paused";
  const of = { type: r.workflow_type };
  const at = { run_id: r.run_id };
  const flag = ["--run-id", r.run_id];
  const ref = r.workflow_id + ", run " + r.run_id;
  const to = verb => path`/v1/workflows/${r.workflow_id}/` + verb;
  const simple = (verb, kind, name, affects, { danger, asks = true } = {}) => allowed(kind, of, {
    name, open: () => act({
      title: name + " " + r.workflow_id, danger, verb: name, go, affects: [h("p", {}, affects), h("p.dim", {}, ref)], fields: asks ? [reason] : [],
      call: v => ({ method: "POST", to: to(verb), query: at, body: asks ? { reason: v.reason } : undefined }),
      command: v => command(verb, ...(String(r.workflow_id).startsWith("-") ? ["--", r.workflow_id] : [r.workflow_id]), flag, asks && ["--reason", v.reason]),
      done: a => h("p", {}, "The run is ", status(a.status), a.already_requested ? "; it had been asked before." : "."),
    }),
  });
  return [
    open && signal(r, of, to, at, flag), open && update(r, of, to, at, flag),
    r.status === "running" && simple("pause", "operate", "Pause", "Its code takes no turns until it is resumed. Timers and activities that are under way go on, and its time limit stands still."),
    r.status === "paused" && resume(r, of, to, at, flag),
    open && simple("cancel", "signal", "Cancel", "Its code is asked to end, and may clean up first. Open children are asked too, as their code says."),
    open && simple("terminate", "operate", "Terminate", "It is closed at once: its code is not asked, nothing is cleaned up, and children end as their parent-close policy says.", { danger: true }),
    !open && r.status !== "completed" && r.status !== "continued_as_new" && !chain.continued_to && simple("reopen", "operate", "Reopen", "It goes on where it ended: its last turn is taken back, and made anew by the version that it is on."),
    move(r, of, to, at, flag, open),
    ...(r.status === "continued_as_new" || chain.continued_to ? [] : goBack(r, of, at, flag)),
    startRun(r.workflow_type, r.input, r.attributes),
  ].filter(Boolean);
}

function signal(r, of, to, at, flag) {
  return allowed("signal", of, { name: "Signal", open: () => act({
    title: "Signal " + r.workflow_id, verb: "Send", go, affects: "The signal waits in the run until its code takes it. A name that no code waits for is kept unread.",
    fields: [{ name: "name", label: "Name", required: true, list: r.waiting_on.filter(w => w.kind === "signal").map(w => w.name), value: r.waiting_on.find(w => w.kind === "signal")?.name }, { name: "payload", label: "Payload", kind: "json", hint: "JSON, or nothing" }],
    call: v => ({ method: "POST", to: to("signals/") + encodeURIComponent(v.name), query: at, body: v.payload }),
    command: v => command("signal", r.workflow_id, v.name || "NAME", flag, v.payload !== undefined && ["--payload", JSON.stringify(v.payload)]),
    done: a => h("p", {}, "Sent, at index " + count(a.index) + "."),
  }) });
}

function update(r, of, to, at, flag) {
  return allowed("signal", of, { name: "Update", open: () => act({
    title: "Update " + r.workflow_id, verb: "Ask", go, affects: "The handler of this name answers, and its answer is shown here.",
    fields: [{ name: "name", label: "Name", required: true }, { name: "args", label: "Arguments", kind: "json", hint: "Any JSON value" }],
    call: v => ({ method: "POST", to: to("updates/") + encodeURIComponent(v.name), query: { ...at, wait: "20s" }, body: { args: v.args } }),
    command: v => command("update", r.workflow_id, v.name || "NAME", flag, v.args !== undefined && ["--args", JSON.stringify(v.args)]),
    done: a => h("div", {}, h("p", {}, status(a.status)), a.result !== undefined && json(a.result), a.error && h("p.bad", {}, a.error.kind + ": " + a.error.message)),
  }) });
}

function resume(r, of, to, at, flag) {
  return allowed("operate", of, { name: "Resume", open: () => act({
    title: "Resume " + r.workflow_id, verb: "Resume", go, affects: r.quarantined ? "It was quarantined: its code broke the runtime or its replay. Resumed on the same version it may do so again." : "Its code goes on.",
    fields: [{ name: "on", label: "On version", hint: "Empty: the one that it is on. Another needs the grant deploy, and is proven first by a replay." }],
    call: v => ({ method: "POST", to: to("resume"), query: { ...at, on: v.on } }), command: v => command("resume", r.workflow_id, flag, ["--on", v.on]),
    done: a => h("p", {}, "The run is ", status(a.status), "."),
  }) });
}

// move lets one run go on with another version.
function move(r, of, to, at, flag, open) {
  if (!open) return null;
  const body = (v, dry) => ({ type: r.workflow_type, from: r.version, to: v.to, ids: [r.workflow_id], dry_run: dry || undefined });
  const verdict = a => h("p", {}, status(a.verdict || a.status), " ", a.where && h("code", {}, a.where), " ", a.why, a.recorded && h("span", {}, " Recorded: ", h("code", {}, a.recorded), "; asked: ", h("code", {}, a.asked || "nothing more")));
  const run = (v, dry) => ({ run: () => moved(body(v, dry)) });
  return allowed("deploy", {}, { name: "Move", open: () => act({
    title: "Move " + r.workflow_id + " to another version", verb: "Move", go, affects: "Its history is replayed on the other version first. Only if that asks for the same, the run goes on there; otherwise it stays where it is.",
    fields: [{ name: "to", label: "To version", required: true, hint: "In full, or a prefix of six digits; it has to be loaded" }],
    call: v => run(v, false), preview: { verb: "Prove only", call: v => run(v, true), show: verdict }, done: verdict,
    command: v => command("move", r.workflow_type, ["--from", short(r.version)], ["--to", v.to || "VERSION"], ["--id", r.workflow_id]),
  }) });
}

async function moved(body) {
  const { change } = await import("../api.js");
  const { move_id: id } = await change("POST", "/v1/moves", { body });
  for (;;) {
    const { data } = await get(path`/v1/moves/${id}`, { wait: "10s" });
    if (data.status === "running") continue;
    return data.results[0] || { status: data.status, why: data.why || plural(data.total, "run") };
  }
}

export { last };
