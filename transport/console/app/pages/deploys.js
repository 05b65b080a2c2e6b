// deploys is the deploy history, with refusals, and whether its chain fits.

import { Problem } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { id, status, typeLink, versionLink } from "../parts/names.js";
import { problem } from "../parts/problem.js";
import { pager, table } from "../parts/table.js";
import { plural, words } from "../parts/text.js";
import { when } from "../parts/time.js";
import { link } from "../router.js";
import { buttons } from "./actions.js";
import { verify } from "./chain.js";
import { deploy } from "./deploy_actions.js";

export const deploys = {
  name: "deploys", title: ctx => ctx.query.get("type") ? "Deploys of " + ctx.query.get("type") : "Deploys", every: 6000, events: ["PackageLoaded", "RouteChanged", "VersionUnloaded", "DeployRefused", "CanaryStarted", "CanaryChanged", "CanaryPromoted", "CanaryAborted"],
  load: ctx => ctx.get("/v1/deploys", { type: ctx.query.get("type"), cursor: ctx.query.get("cursor"), limit: 50 }),
  render: (d, ctx) => h("div", {},
    h("h1", {}, deploys.title(ctx)), buttons(deploys.actions(d, ctx)),
    ctx.state.check && h("div", { key: "check", role: "status" }, ctx.state.check),
    d.chain && h("p.dim", {}, "Chain of the newest act: ", id(d.chain)),
    records(d),
    pager({ first: ctx.query.get("cursor") && link("/console/deploys", { type: ctx.query.get("type") }), next: d.next_cursor && link("/console/deploys", { type: ctx.query.get("type"), cursor: d.next_cursor }), shown: plural(d.deploys.length, "record"), noun: "records" })),
  command: (_, ctx) => command("deploys", ctx.query.get("type")),
  actions: (_, ctx) => [deploy(), { name: "Check the chain", open: () => check(ctx) }],
};

async function check(ctx) {
  const say = what => { ctx.state.check = what; ctx.redraw(); };
  say(h("p.dim", {}, "Reading the whole history and computing its chain anew."));
  try {
    const r = await verify(ctx.signal, n => say(h("p.dim", {}, "Read " + plural(n, "record") + ".")));
    say(r.broken ? h("p", {}, status("bad", "The chain does not fit"), " at the record of index " + r.broken + ": somebody changed, dropped or inserted an act before it.")
      : h("p", {}, status("ok", "The chain fits"), ": " + plural(r.linked, "act") + " since index " + r.from + (r.first ? ", the first of all" : ", the oldest that is kept") + ", and " + plural(r.refused, "refusal") + ", which have none."));
  } catch (error) {
    if (!ctx.signal.aborted) say(problem(error));
  }
}

// records is a table of records of the history.
export function records(d) {
  if (d instanceof Problem) return problem(d);
  return table({
    label: "Deploy history", rows: d.deploys, key: x => x.index + "." + x.n, empty: "Nothing was deployed yet.",
    columns: [
      { name: "index", num: true, cell: x => x.index }, { name: "when", cell: x => when(x.at) }, { name: "what", cell: x => words(x.operation) }, { name: "type", cell: x => x.workflow_type ? typeLink(x.workflow_type) : "" },
      { name: "version", cell: x => x.version ? versionLink(x.workflow_type, x.version) : "" }, { name: "before", cell: x => x.route_changed || x.previous ? versionLink(x.workflow_type, x.routed_before || x.previous) : "" },
      { name: "by", cell: x => x.actor }, { name: "outcome", cell: x => status(x.outcome === "ok" ? "ok" : "rejected", words(x.outcome)) }, { name: "message", wide: true, cell: x => x.message || "" },
    ],
  });
}
