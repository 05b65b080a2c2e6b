// version is one version of a type: what pins it, its source and manifest, and how it differs from
// another. /console/versions/TYPE/routed is the one that is routed.

import { path, text, get } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { diff, source } from "../parts/diff.js";
import { json } from "../parts/json.js";
import { id, runLink, status, typeLink } from "../parts/names.js";
import { problem } from "../parts/problem.js";
import { pager, pairs, table } from "../parts/table.js";
import { bytes, count, plural, short, words } from "../parts/text.js";
import { when } from "../parts/time.js";
import { go, link } from "../router.js";
import { buttons, startRun } from "./actions.js";
import { stop, unstop } from "./limits.js";
import { versionActions } from "./deploy_actions.js";
import { canary } from "./versions.js";

export const version = {
  name: "version", title: ctx => ctx.params.type + " " + short(ctx.params.version), every: 6000, events: ["RouteChanged", "VersionUnloaded", "VersionDrained", "CanaryPromoted", "CanaryAborted", "CanaryChanged", "CanaryStarted"],
  load: async ctx => {
    const type = ctx.params.type, all = (await ctx.get("/v1/versions", { type })).versions;
    const asked = ctx.params.version === "routed" ? all.find(v => v.route_active)?.version || "routed" : ctx.params.version;
    const at = path`/v1/versions/${type}/${asked}`;
    const [shown, pins, canaries, stops] = await Promise.all([ctx.get(at), ctx.maybe(at + "/pins", { limit: 20, cursor: ctx.query.get("cursor") }), ctx.maybe("/v1/canaries"), ctx.maybe("/v1/stops")]);
    const s = ctx.state;
    if (s.version !== shown.version) Object.assign(s, { version: shown.version, code: null });
    s.code ||= await modules(type, shown, ctx.signal);
    const other = ctx.query.get("against");
    if (other && s.against !== other) {
      s.against = other;
      const older = (await get(path`/v1/versions/${type}/${other}`, {}, ctx.signal)).data;
      s.other = { shown: older, code: await modules(type, older, ctx.signal) };
    }
    return { all, shown, pins, canary: (canaries.canaries || []).find(c => c.workflow_type === type), row: all.find(v => v.version === shown.version) || shown, stops: (stops.stops || []).filter(x => x.workflow_type === type || x.version === shown.version) };
  },
  render: (d, ctx) => {
    const v = d.shown, s = ctx.state, type = ctx.params.type, to = query => link(path`/console/versions/${type}/${v.version}`, query);
    const others = d.all.filter(x => x.version !== v.version);
    const module = ctx.query.get("module") || v.modules[0]?.name;
    return h("div", {},
      h("div.headline", {}, h("h1", {}, type + " " + short(v.version)), status(v.state || (v.route_active ? "routed" : "staged")), (v.ephemeral || d.row.ephemeral) && status("off", "ephemeral"), d.stops.length > 0 && status("aborted", "stopped"), h("span.dim", {}, typeLink(type), ", loaded ", when(v.loaded_at, { ago: true }))),
      h("div.dim", {}, id(v.version)), v.description && h("p", {}, v.description), d.row.ephemeral && h("p.dim", {}, "It came along with a run, and is unloaded when the last run on it closes."), d.stops.map(x => h("p.warn", {}, (x.workflow_type ? "The type" : "This version") + " is stopped", x.reason && ": " + x.reason, ". ", h("a", { href: link("/console/limits") }, "Since when, by whom"))), buttons(version.actions(d, ctx)),
      d.canary && (d.canary.version === v.version || d.canary.routed === v.version) && [h("h2", {}, "Canary"), canary(d.canary)],
      h("h2", {}, "What pins it"), pins(d, to),
      h("h2", {}, "About it"), pairs([
        ["state", [words(v.state || ""), v.state_at && [" since ", when(v.state_at, { ago: true })]]], ["entry", h("code", {}, (v.deployed_entry_module || "").split("$")[0] + "." + v.entry_function)], v.timeout && ["time limit", v.timeout], ["ready on", (v.ready_nodes || []).join(", ") || "no node"],
        Object.keys(v.labels).length > 0 && ["labels", Object.entries(v.labels).map(([k, x]) => k + "=" + x).join(", ")], ["signed by", v.signatures.length ? v.signatures.map(x => x.key || x.name || JSON.stringify(x)).join(", ") : "nobody"],
        v.unload_when_drained && ["goes when drained", ["asked by " + v.unload_when_drained.actor + " ", when(v.unload_when_drained.at, { ago: true })]],
      ]),
      others.length > 0 && h("section", { key: "diff" }, h("h2", {}, "Differences"), h("label", {}, "from ", h("select", { value: ctx.query.get("against") || "", onchange: e => go(to({ against: e.currentTarget.value, module: ctx.query.get("module") })) }, h("option", { value: "" }, "choose a version"), others.map(x => h("option", { value: x.version, selected: x.version === ctx.query.get("against") }, short(x.version) + " " + words(x.state || ""))))), s.other && ctx.query.get("against") && differences(s.other, { shown: v, code: s.code })),
      h("h2", {}, "Source"), h("nav.tabs", { "aria-label": "Modules" }, files(v, s.code).map(m => h("a", { key: m.name, href: to({ module: m.name, against: ctx.query.get("against") }), "aria-current": m.name === module ? "page" : null }, m.name, m.bytes !== undefined && h("span.dim", {}, " " + bytes(m.bytes))))),
      s.code[module] === undefined ? h("p.dim", {}, "The version carries no source of that name: what was compiled stays with its author.") : typeof s.code[module] === "string" ? h("div", { key: "source " + module }, source(s.code[module], Number(ctx.query.get("line")) || 0, "Source of " + module)) : problem(s.code[module]),
      h("h2", {}, "Manifest"), json(v.manifest));
  },
  command: (d, ctx) => ctx.query.get("against") ? command("versions", "diff", ctx.params.type, short(ctx.query.get("against")), short(d.shown.version)) : command("versions", "show", ctx.params.type, short(d.shown.version)),
  actions: (d, ctx) => [...versionActions(d.row, d.all, d.canary), startRun(ctx.params.type), d.stops.find(x => x.version) ? unstop(d.stops.find(x => x.version)) : stop({ version: d.shown.version }), { name: "Fetch the archive", open: () => fetchArchive(d.shown) }],
};

// files are what can be looked at: modules, and behind them what a script was made of.
const files = (v, code) => [...v.modules, ...Object.keys(code).filter(name => !v.modules.some(m => m.name === name)).sort().map(name => ({ name }))];

// modules reads the source of all modules. They never change, so they are read once. WebAssembly is
// nothing to read: its source stays with its author. A source map carries the files of its script.
async function modules(type, v, signal) {
  const made = {};
  const read = Object.fromEntries(await Promise.all(v.modules.map(async m => {
    if (m.name.endsWith(".js.map")) Object.assign(made, await sources(path`/v1/versions/${type}/${v.version}/modules/${m.name}`, signal));
    if (m.name === "quickjs.wasm") return [m.name, `WebAssembly of ${m.bytes} bytes: the interpreter that runs the package's JavaScript.`];
    if (m.name.endsWith(".js.map")) return [m.name, `A source map of ${m.bytes} bytes: which lines the script was made of.`];
    if (m.name.endsWith(".wasm")) return [m.name, `WebAssembly of ${m.bytes} bytes: what the package's code was compiled to` + (v.labels?.toolchain ? `, by ${v.labels.toolchain}.` : ".")];
    try { return [m.name, await text(path`/v1/versions/${type}/${v.version}/modules/${m.name}`, signal)]; } catch (error) { if (signal.aborted) throw error; return [m.name, error]; }
  })));
  return { ...made, ...read };
}

// sources are the files that a source map carries, without those of the SDK.
async function sources(address, signal) {
  try {
    const map = JSON.parse(await text(address, signal));
    return Object.fromEntries(map.sources.map((name, i) => [name, map.sourcesContent?.[i]]).filter(([name, code]) => typeof code === "string" && !/^(\.\/)?aion:/.test(name)));
  } catch (error) { if (signal.aborted) throw error; return {}; }
}

function differences(a, b) {
  const names = [...new Set([...Object.keys(a.code), ...Object.keys(b.code)])].sort();
  const pretty = v => JSON.stringify({ ...v.shown.manifest, version: undefined }, null, 2);
  return h("div", {}, names.map(name => [h("h3", {}, name, a.code[name] === undefined ? " is new" : b.code[name] === undefined ? " is gone" : ""), diff(String(a.code[name] ?? ""), String(b.code[name] ?? ""), "Differences of " + name)]), h("h3", {}, "Manifest"), diff(pretty(a), pretty(b), "Differences of the manifest"));
}

function pins({ pins: p }, to) {
  if (p.code) return problem(p);
  if (!p.total && !p.route_active) return h("p.dim", {}, "Nothing: it can be unloaded.");
  const kinds = Object.entries(p.counts).filter(([, n]) => n).map(([k, n]) => count(n) + " " + words(k)).join(", ");
  return h("div", {}, h("p", {}, p.route_active && "A route points at it. ", p.total ? plural(p.total, "open run") + " (" + kinds + ")" + "." : "No open run."),
    table({ label: "What pins it", rows: p.holders, key: x => x.run_id + x.kind, empty: "", columns: [{ name: "run", cell: x => runLink(x) }, { name: "type", cell: x => typeLink(x.workflow_type) }, { name: "as", cell: x => words(x.kind) }, { name: "since", cell: x => when(x.since, { ago: true }) }, { name: "by", wide: true, cell: x => x.recorded_by ? runLink(x.recorded_by) : x.owner || "" }] }),
    p.next_cursor && pager({ shown: p.holders.length, total: count(p.total), next: to({ cursor: p.next_cursor }) }));
}

// fetchArchive saves the archive as it was deployed.
async function fetchArchive(v) {
  const { blob } = await import("../api.js");
  const { save } = await import("../parts/save.js");
  save(await blob(path`/v1/versions/${v.workflow_type}/${v.version}/archive`), v.workflow_type + "-" + short(v.version) + ".aion");
}
