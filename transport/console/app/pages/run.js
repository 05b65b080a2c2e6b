// run is the page of one run. What it shows depends on ?tab=: the summary, or one of the others.

import { path } from "../api.js";
import { h } from "../h.js";
import { copy } from "../parts/copy.js";
import { id as idOf, status, typeLink, versionLink } from "../parts/names.js";
import { when } from "../parts/time.js";
import { link } from "../router.js";
import { buttons, runActions } from "./actions.js";
import { ask } from "./run_ask.js";
import { children } from "./run_children.js";
import { debug } from "./run_debug.js";
import { history } from "./run_history.js";
import { logs } from "./run_logs.js";
import { summary } from "./run_summary.js";
import { timeline } from "./run_timeline.js";
import { follow } from "./record.js";

// tabs are [name, title, part]. A part is {needs?, open?, render, command}: needs = "history" loads
// that, open(ctx) begins something of its own when the tab is opened.
const tabs = [["", "Summary", summary], ["timeline", "Timeline", timeline], ["history", "History", history], ["children", "Children", children], ["ask", "Queries and updates", ask], ["logs", "Logs", logs], ["debug", "Debugger", debug]];

const of = ctx => tabs.find(([name]) => name === (ctx.query.get("tab") || ""))?.[2] || summary;

export const run = {
  name: "run", title: ctx => ctx.params.id, every: 3000, events: ["WorkflowClosed"],
  load: async ctx => {
    const r = await ctx.get(path`/v1/workflows/${ctx.params.id}`, { run_id: ctx.query.get("run") });
    if (ctx.state.run !== r.run_id) ctx.state = { run: r.run_id };
    const part = of(ctx);
    if (part.needs === "history") follow(ctx, r);
    if (ctx.state.opened !== part) {
      ctx.state.opened = part;
      part.open?.(ctx, r);
    }
    const more = part.load ? await part.load(ctx, r) : null;
    return { r, more };
  },
  render: (d, ctx) => {
    const { r } = d, part = of(ctx);
    return h("div", {},
      h("div.headline", {}, h("h1", {}, r.workflow_id, copy(r.workflow_id)), status(r.status), r.quarantined && h("span.bad", {}, "quarantined"), r.cancel_requested && r.status === "running" && h("span.warn", {}, "asked to end"),
        h("span.dim", {}, typeLink(r.workflow_type), " ", versionLink(r.workflow_type, r.version), ", started ", when(r.started_at, { ago: true }), ", ", r.events + " events")),
      h("div.dim", {}, "run ", idOf(r.run_id)),
      buttons(run.actions(d, ctx)),
      h("nav.tabs", { "aria-label": "Parts of the run" }, tabs.map(([name, title, one]) => h("a", { key: name, href: link(path`/console/runs/${r.workflow_id}`, { run: ctx.query.get("run"), tab: name }), "aria-current": one === part ? "page" : null }, title + (one === children && r.children.length ? " " + (r.children_total || r.children.length) : "")))),
      h("div", { key: "tab " + title(part) }, part.render(d, ctx)));
  },
  command: (d, ctx) => of(ctx).command(d.r, ctx, ctx.query.get("run") ? ["--run-id", d.r.run_id] : null),
  actions: (d, ctx) => [...runActions(d.r, d.r), { name: "Compare with another run", open: () => compareWith(d.r) }],
  keys: { ArrowLeft: ctx => of(ctx).step?.(ctx, -1), ArrowRight: ctx => of(ctx).step?.(ctx, 1) },
};

const title = part => tabs.find(([, , p]) => p === part)[1];

async function compareWith(r) {
  const { act } = await import("../parts/dialog.js");
  const { go } = await import("../router.js");
  act({
    title: "Compare " + r.workflow_id, affects: "Shows both runs side by side: what they were given, what they did, and where they part.", verb: "Compare", go,
    fields: [{ name: "other", label: "Workflow id of the other run", required: true }, { name: "run", label: "Its run id", hint: "Empty: the latest" }],
    call: v => ({ run: async () => v }), done: v => link("/console/compare", { a: r.workflow_id, arun: r.run_id, b: v.other, brun: v.run }),
  });
}

