// run_timeline shows the steps of a run as bars, and what the chosen one was.

import { command } from "../cli.js";
import { h } from "../h.js";
import { timeline as bars } from "../parts/timeline.js";
import { plural } from "../parts/text.js";
import { inspect } from "./run_history.js";
import { label, steps } from "./steps.js";

export const timeline = {
  needs: "history",
  command: (r, _, flag) => command("history", r.workflow_id, flag),
  step: (ctx, by) => {
    const s = ctx.state, list = s.steps || [];
    const at = list.findIndex(x => x.key === s.chosen);
    const next = list[Math.max(0, Math.min(list.length - 1, at + by))];
    if (next) { s.chosen = next.key; ctx.redraw(); }
  },
  render: ({ r }, ctx) => {
    const s = ctx.state, record = s.record;
    if (!record?.events.length) return h("p.dim", { "aria-busy": record?.failed ? null : "true" }, record?.failed ? record.failed.message : "Reading the history.");
    if (s.counted !== record.events.length) {
      s.counted = record.events.length;
      s.steps = steps(record.events).map(x => ({ ...x, title: label(x) }));
    }
    const open = r.status === "running" || r.status === "paused";
    const now = open ? Date.now() : Math.max(...s.steps.map(x => x.to ?? x.from));
    const chosen = s.steps.find(x => x.key === s.chosen);
    return h("div", {},
      h("p.dim", {}, plural(s.steps.length, "step"), " from ", plural(record.events.length, "event"), record.whole ? "." : ", and more are coming."),
      h("div", { class: chosen ? "sides" : "" },
        bars({ steps: s.steps, label: "Timeline of " + plural(s.steps.length, "step") + "; the history grouped by step says the same in words", now, view: s.view ||= {}, chosen: s.chosen, pick: x => { s.chosen = s.chosen === x.key ? null : x.key; ctx.redraw(); }, changed: ctx.redraw, version: open ? String(Math.floor(now / 3000)) : "" }),
        chosen && inspect(chosen, r, now)));
  },
};
