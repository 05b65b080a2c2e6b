// versions lists what is loaded: states, routes, pins, canaries; of one type, or of all.

import { path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { runLink, status, typeLink, versionLink } from "../parts/names.js";
import { table } from "../parts/table.js";
import { count, plural } from "../parts/text.js";
import { when } from "../parts/time.js";
import { link } from "../router.js";
import { buttons, startRun } from "./actions.js";
import { setQuota, stop, unstop } from "./limits.js";
import { deploy, pinned, tally } from "./deploy_actions.js";
import { records } from "./deploys.js";

export const versions = {
  name: "versions", title: ctx => ctx.params.type ? "Versions of " + ctx.params.type : "Versions", every: 5000, events: ["PackageLoaded", "RouteChanged", "VersionUnloaded", "VersionDrained", "CanaryStarted", "CanaryChanged", "CanaryPromoted", "CanaryAborted", "VersionReadinessChanged"],
  load: async ctx => {
    const type = ctx.params.type;
    const [list, canaries, retention, stops, deploys] = await Promise.all([ctx.get("/v1/versions", { type }), ctx.maybe("/v1/canaries"), ctx.maybe("/v1/retention/versions"), ctx.maybe("/v1/stops"), type ? ctx.maybe("/v1/deploys", { type, limit: 20 }) : null]);
    return { list: list.versions, canaries: (canaries.canaries || []).filter(c => !type || c.workflow_type === type), retention, deploys, stops: stops.stops || [] };
  },
  render: (d, ctx) => h("div", {},
    h("div.headline", {}, h("h1", {}, versions.title(ctx)), h("span.dim", {}, plural(d.list.length, "version"), ctx.params.type && [", ", h("a", { href: link("/console/runs", { type: ctx.params.type }) }, "its runs"), ", ", h("a", { href: link("/console/versions") }, "all types")])),
    buttons(versions.actions(d, ctx)),
    h("div.drop", { key: "drop", ondragover: e => { e.preventDefault(); e.currentTarget.classList.add("over"); }, ondragleave: e => e.currentTarget.classList.remove("over"), ondrop: e => { e.preventDefault(); e.currentTarget.classList.remove("over"); if (e.dataTransfer.files[0]) deploy(e.dataTransfer.files[0]).open(); } }, h("span.dim", {}, "Drop an archive here to plan and deploy it.")),
    d.canaries.length > 0 && h("section", { key: "canaries" }, h("h2", {}, "Canaries"), d.canaries.map(canary)),
    h("h2", {}, "Loaded"),
    table({
      label: "Versions", rows: d.list, key: v => v.workflow_type + " " + v.version, href: v => link(path`/console/versions/${v.workflow_type}/${v.version}`), empty: ctx.params.type ? "No version of this type is loaded." : h("p", {}, "Nothing is loaded yet. ", h("code", {}, "aion-node package DIR"), " makes an archive to drop above."),
      columns: [
        !ctx.params.type && { name: "type", cell: v => typeLink(v.workflow_type) }, { name: "version", cell: v => versionLink(v.workflow_type, v.version) },
        { name: "state", cell: v => [status(v.state || (v.route_active ? "routed" : "staged")), v.ephemeral && h("span.dim", {}, " ephemeral: goes with its last run"), d.stops.some(s => s.version === v.version || s.workflow_type === v.workflow_type) && [" ", status("aborted", "stopped")], v.unload_when_drained && h("span.dim", {}, " goes when drained")] },
        { name: "pinned by", num: true, cell: v => pinned(v) ? h("a", { href: link("/console/runs", { type: v.workflow_type, version: v.version, status: "running" }) }, count(pinned(v))) : h("span.dim", {}, "0") },
        { name: "oldest", cell: v => v.oldest_pin ? [runLink(v.oldest_pin, { cut: 24 }), " ", h("span.dim", {}, when(v.oldest_pin.since, { ago: true }))] : "" },
        { name: "ready on", cell: v => (v.ready_nodes || []).join(", ") || h("span.warn", {}, "no node") }, { name: "loaded", wide: true, cell: v => when(v.loaded_at, { ago: true }) },
      ].filter(Boolean),
    }),
    d.retention.active === true && h("p.dim", {}, "Drained versions are unloaded, but for the newest " + d.retention.keep + " of each type and those drained for less than " + d.retention.min_age + "."),
    d.deploys && [h("h2", {}, "What was done ", h("a.more", { href: link("/console/deploys", { type: ctx.params.type }) }, "all")), records(d.deploys)]),
  command: (_, ctx) => command("versions", ctx.params.type),
  actions: (d, ctx) => {
    const type = ctx.params.type;
    if (!type) return [deploy()];
    const held = d.stops.find(s => s.workflow_type === type);
    return [deploy(), startRun(type), held ? unstop(held) : stop({ type }), { ...setQuota({ workflow_type: type }), name: "Set its quota" }];
  },
};

// canary shows one with its counts and what will decide it.
export function canary(c) {
  const decides = [c.abort_failures && plural(c.abort_failures, "failure") + " abort it", c.promote_after && count(c.promote_after) + " completed runs promote it", c.until && ["it is promoted ", when(c.until, { ago: true })]].filter(Boolean);
  return h("div", { key: "canary " + c.workflow_type }, h("p", {}, typeLink(c.workflow_type), ": " + c.share + " of new starts go to ", versionLink(c.workflow_type, c.version), ", the others to ", versionLink(c.workflow_type, c.routed), c.key ? ", by the attribute " + c.key : "", ", since ", when(c.began_at, { ago: true }), " by " + c.actor + "."),
    h("p", {}, tally(c)), h("p.dim", {}, c.ended ? ["It was ", c.ended, "."] : decides.length ? ["What decides: ", decides.map((x, i) => [i ? "; " : "", x]), "."] : "Nothing decides it: somebody promotes or aborts it."));
}

