// run_back lets a run go back: it is reset, or a copy of it goes on beside it.

import { path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { go } from "../router.js";
import { act } from "../parts/dialog.js";
import { runAddress } from "../parts/names.js";
import { count, plural } from "../parts/text.js";
import { allowed } from "./actions.js";

const point = { name: "to", label: "Keep the turns up to", required: true, value: "last", hint: "The number of a turn, or start, last (all but the one that closed it), failure (before the step that failed last)" };
const more = [
  { name: "on", label: "On version", hint: "Empty: the one that it is on. Another must ask for the same in the turns that are kept." },
  { name: "drop_signals", label: "Leave out signals and updates that came after it", kind: "check" }, { name: "reason", label: "Reason", hint: "Stands in the histories. May be empty." },
];

// found says what a reset or a fork would do, or did.
const found = a => h("div", {},
  h("p", {}, "Turn " + count(a.turn) + " is the last that is kept, with " + plural(a.event, "event") + (a.dropped_events ? "; " + plural(a.dropped_events, "event") + " are not." : ".")),
  a.again?.length ? h("p", {}, "Under way again: " + a.again.map(s => s.kind + " " + (s.name || s.id)).join(", ") + ".") : "",
  a.messages ? h("p", {}, plural(a.messages, "signal or update", "signals and updates") + " delivered again.") : "",
  a.ended ? h("p", {}, "The old run is terminated.") : "");

function back(r, verb, of, to, at, flag) {
  const fork = verb === "fork";
  const body = (v, dry) => ({ to: v.to, on: v.on, drop_signals: v.drop_signals || undefined, reason: v.reason, as: fork ? v.as : undefined, dry_run: dry || undefined });
  const call = (v, dry) => ({ method: "POST", to: to(verb), query: at, body: body(v, dry) });
  const name = fork ? "Fork" : "Reset";
  return allowed("operate", of, { name, open: () => act({
    title: name + " " + r.workflow_id, verb: name, danger: !fork, go,
    affects: fork ? "A copy of its history up to there goes on under another workflow id, and does again what has no outcome by then. This run is left alone."
      : "A new run takes its place, with its history up to there, and does again what has no outcome by then. What it has done outside stays done.",
    fields: [...(fork ? [{ name: "as", label: "Workflow id of the copy", required: true }] : []), point, ...more],
    call: v => call(v, false), preview: { verb: "Look only", call: v => call(v, true), show: found }, done: a => a.run_id ? runAddress(a.workflow_id, a.run_id) : found(a),
    command: v => command(verb, r.workflow_id, flag, fork && ["--as", v.as || "ID"], ["--to", v.to], ["--on", v.on], ["--drop-signals", v.drop_signals || false], ["--reason", v.reason]),
  }) });
}

// goBack are both.
export const goBack = (r, of, at, flag) => ["reset", "fork"].map(verb => back(r, verb, of, v => path`/v1/workflows/${r.workflow_id}/` + v, at, flag));
