// run_history shows a history as its events, or grouped by step, and one of them whole.

import { command } from "../cli.js";
import { h } from "../h.js";
import { json, line } from "../parts/json.js";
import { runLink, status } from "../parts/names.js";
import { problem } from "../parts/problem.js";
import { pairs } from "../parts/table.js";
import { count, plural, words } from "../parts/text.js";
import { moment, span, when } from "../parts/time.js";
import { windowed } from "../parts/windowed.js";
import { most } from "./record.js";
import { about, label, steps } from "./steps.js";

export const history = {
  needs: "history",
  command: (r, _, flag) => command("history", r.workflow_id, flag),
  step: (ctx, by) => {
    const s = ctx.state, list = s.shown || [];
    if (!list.length) return;
    s.at = Math.max(0, Math.min(list.length - 1, (s.at ?? -1) + by));
    ctx.redraw();
  },
  render: ({ r }, ctx) => {
    const s = ctx.state, record = s.record;
    if (!record?.events.length) return record?.failed ? problem(record.failed) : h("p.dim", { "aria-busy": "true" }, "Reading the history.");
    const grouped = s.grouped;
    const key = record.events.length + " " + !!grouped + " " + (s.find || "");
    if (s.listed !== key) {
      s.listed = key;
      const words = (s.find || "").toLowerCase();
      s.shown = (grouped ? steps(record.events) : record.events).filter(x => !words || (grouped ? label(x) + JSON.stringify(x.events.map(e => e.data)) : x.type + JSON.stringify(x.data)).toLowerCase().includes(words));
    }
    const list = s.shown, chosen = s.at == null ? null : list[s.at];
    const pick = i => { s.at = s.at === i ? null : i; ctx.redraw(); };
    const choose = by => { s.grouped = by; s.at = null; ctx.redraw(); };
    const open = r.status === "running" || r.status === "paused";
    const now = open ? Date.now() : new Date(record.events.at(-1).at).getTime();
    return h("div", {},
      h("div.actions", {},
        h("button", { type: "button", "aria-pressed": String(!grouped), onclick: () => choose(false) }, "Events"), h("button", { type: "button", "aria-pressed": String(!!grouped), onclick: () => choose(true) }, "By step"),
        h("label", {}, h("span.offscreen", {}, "Find in the history"), h("input", { type: "search", placeholder: "Find in the history", value: s.find || "", oninput: e => { s.find = e.currentTarget.value; s.at = null; ctx.redraw(); } })),
        h("span.dim", { role: "status" }, list.length === record.events.length || grouped && !s.find ? plural(list.length, grouped ? "step" : "event") : count(list.length) + " of " + plural(record.events.length, "event"), record.whole ? "" : record.events.length >= most ? "; the rest by the command below" : ", and more are coming")),
      record.failed && h("p.warn", {}, "Trying again: " + record.failed.message),
      record.withheld && h("p.dim", {}, "Payloads and texts of errors are withheld: your token lacks the grant payload."),
      h("div", { class: chosen ? "sides" : "" },
        windowed({ label: "History", rows: list.length, height: 26, tall: 560, version: [key, s.at, grouped && open ? Math.floor(now / 3000) : ""].join(" "), row: i => grouped ? stepRow(list[i], i, s.at, pick, now) : eventRow(list[i], i, s.at, pick) }),
        chosen && (grouped ? inspect(chosen, r, now) : event(chosen))));
  },
};

const eventRow = (e, i, at, pick) => h("button", { type: "button", "aria-pressed": String(i === at), onclick: () => pick(i) },
  h("span.seq", {}, e.seq), h("span.at", {}, moment(e.at, true).slice(-12)), h("span.what", {}, words(e.type)), h("span.data", {}, about(e), " ", h("span", {}, line(e.data, 120))));

const stepRow = (s, i, at, pick, now) => h("button", { type: "button", "aria-pressed": String(i === at), onclick: () => pick(i) },
  h("span.seq", {}, s.events[0].seq), h("span.at", {}, moment(s.from, true).slice(-12)), h("span.what", {}, label(s)), status(s.tone === "run" ? "running" : s.tone === "ok" ? "completed" : s.tone === "bad" ? "failed" : s.tone === "warn" ? "paused" : "cancelled", s.outcome || (s.point ? words(s.events[0].type) : s.to === null ? "open" : "")),
  h("span.data", {}, s.point ? "" : span((s.to ?? now) - s.from), s.attempts.length > 1 ? ", " + plural(s.attempts.length, "attempt") : ""));

function event(e) {
  return h("aside.inspect", { key: "inspect", "aria-label": "Event " + e.seq }, h("h3", {}, e.seq + " " + words(e.type)), h("p.dim", {}, when(e.at, { exact: true })), json(e.data));
}

// inspect shows one step whole: what it was given, its attempts, what came of it.
export function inspect(s, r, now) {
  const last = s.events.at(-1).data || {};
  return h("aside.inspect", { key: "inspect", "aria-label": label(s) }, h("h3", {}, label(s)),
    pairs([
      s.child && [s.kind === "result" ? "run" : "child", runLink(s.child)], ["began", when(s.from, { exact: true })], s.to !== null && !s.point && ["ended", when(s.to, { exact: true })], !s.point && ["took", span((s.to ?? now) - s.from)],
      s.outcome && ["outcome", s.outcome], s.due && s.to === null && ["fires", when(s.due, { ago: true })],
    ]),
    s.attempts.length > 0 && [h("h3", {}, plural(s.attempts.length, "attempt")), h("ol.holders", {}, s.attempts.map(a => h("li", { value: a.n }, span((a.to ?? now) - a.from), a.worker && h("span.dim", {}, " by " + a.worker), a.failure && h("div.bad", {}, a.failure.kind + ": " + a.failure.message))))],
    s.input !== undefined && [h("h3", {}, "Given"), json(s.input)],
    s.events.length > 1 && last.result !== undefined && [h("h3", {}, "Result"), json(last.result)], last.error && [h("h3", {}, "Error"), json(last.error)],
    h("details", {}, h("summary.dim", {}, plural(s.events.length, "event")), s.events.map(e => h("div", {}, h("h3", {}, e.seq + " " + words(e.type)), json(e.data)))));
}
