// compare shows two runs side by side, and where they part: ?a=ID&arun=&b=ID&brun=.

import { get, path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { diff } from "../parts/diff.js";
import { runLink, status, versionLink } from "../parts/names.js";
import { pairs } from "../parts/table.js";
import { plural } from "../parts/text.js";
import { span, when } from "../parts/time.js";
import { label, steps } from "./steps.js";

const most = 3; // thousands of events of each run

export const compare = {
  name: "compare", title: "Compare two runs",
  load: async ctx => {
    const [a, b] = await Promise.all(["a", "b"].map(async side => {
      const id = ctx.query.get(side) || "";
      const r = await ctx.get(path`/v1/workflows/${id}`, { run_id: ctx.query.get(side + "run") });
      const events = [];
      for (let from = 1, page = 0; from && page < most; page++) {
        const { data } = await get(path`/v1/workflows/${id}/history`, { run_id: r.run_id, from, limit: 1000 }, ctx.signal);
        events.push(...data.events);
        if (data.events.length < 1000) break;
        from = data.next;
      }
      return { r, steps: steps(events), events: events.length };
    }));
    return { a, b };
  },
  render: ({ a, b }) => {
    const at = first(a.steps, b.steps);
    return h("div", {}, h("h1", {}, "Compare two runs"),
      h("div.two", {}, [a, b].map(one => h("section", { key: one.r.run_id }, h("h2", {}, runLink(one.r)), pairs([["status", status(one.r.status)], ["version", versionLink(one.r.workflow_type, one.r.version)], ["started", when(one.r.started_at)], ["took", one.r.closed_at ? span(new Date(one.r.closed_at) - new Date(one.r.started_at)) : "open"], ["events", String(one.r.events)]])))),
      h("p", {}, at < 0 ? "Both took the same steps, as far as both have come." : at >= Math.min(a.steps.length, b.steps.length) ? "One went on where the other stopped, after " + plural(at, "step") + "." : ["They part at step " + (at + 1) + ": ", h("strong", {}, said(a.steps[at])), " here, ", h("strong", {}, said(b.steps[at])), " there."]),
      h("h2", {}, "Steps"), diff(text(a.steps), text(b.steps), "Differences of the steps"),
      h("h2", {}, "Input"), diff(pretty(a.r.input), pretty(b.r.input), "Differences of the input"),
      h("h2", {}, "Result"), diff(pretty(a.r.result ?? a.r.error ?? null), pretty(b.r.result ?? b.r.error ?? null), "Differences of the result"),
      h("h2", {}, "Attributes"), diff(pretty(a.r.attributes), pretty(b.r.attributes), "Differences of the attributes"));
  },
  command: ({ a }) => command("history", a.r.workflow_id, ["--run-id", a.r.run_id]),
};

const said = s => label(s) + (s.outcome ? " " + s.outcome : "");
const text = list => list.map(s => said(s) + (s.attempts.length > 1 ? ", " + s.attempts.length + " attempts" : "")).join("\n");
const pretty = v => v === undefined ? "" : JSON.stringify(v, null, 2);

// first is the first step at which two runs differ, or -1.
function first(x, y) {
  const n = Math.max(x.length, y.length);
  for (let i = 0; i < n; i++) if (!x[i] || !y[i] || said(x[i]) !== said(y[i])) return i;
  return -1;
}
