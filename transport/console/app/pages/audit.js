// audit shows who did what, from where, and what became of it: the newest lines of the log of the
// node that one is at.

import { command } from "../cli.js";
import { h } from "../h.js";
import { status, visible } from "../parts/names.js";
import { table } from "../parts/table.js";
import { plural, words } from "../parts/text.js";
import { when } from "../parts/time.js";
import { go, link } from "../router.js";

const filter = ctx => Object.fromEntries(["who", "operation", "outcome", "about"].map(k => [k, ctx.query.get(k) || ""]));

export const audit = {
  name: "audit", title: "Audit", every: 5000,
  load: ctx => ctx.get("/v1/audit", { ...filter(ctx), limit: 200 }),
  render: (d, ctx) => h("div", {},
    h("div.headline", {}, h("h1", {}, "Audit"), h("span.dim", {}, d.kept ? plural(d.lines.length, "line") + " of " + d.node + ": each node keeps those of its own callers" : "")),
    d.kept && form(filter(ctx)),
    !d.kept ? h("p", {}, d.node + " keeps no audit log. Set ", h("code", {}, "audit.file"), " or start it with ", h("code", {}, "--audit-file FILE"), ".") : table({
      label: "Audit log", rows: d.lines, key: l => l.id, empty: "No line matches. Calls that only read leave none.", columns: [
        { name: "when", cell: l => when(l.time) }, { name: "who", cell: l => [l.who ? visible(l.who) : h("span.dim", {}, "unknown"), l.times > 1 && h("span.dim", {}, " and " + (l.times - 1) + " more")] }, { name: "what", cell: l => words(l.operation) },
        { name: "about", wide: true, cell: l => about(l) }, { name: "outcome", cell: l => [status(l.outcome === "ok" ? "ok" : l.outcome === "rejected" ? "rejected" : "warning", words(l.code || l.outcome))] },
        { name: "from", cell: l => h("span.dim", {}, l.from || "") }, { name: "request id", cell: l => h("code.dim", {}, visible((l.request_id || "").slice(0, 32))) },
      ],
    })),
  command: () => command("cluster", "status"),
};

const about = l => l.object ? Object.entries(l.object).map(([k, v], i) => [i ? ", " : "", h("span.dim", {}, words(k) + " "), visible(/^[0-9a-f]{64}$/.test(v) ? v.slice(0, 12) : v)]) : h("span.dim", {}, visible(l.path || ""));

function form(f) {
  const field = (name, label) => h("label", {}, h("span", {}, label), h("input", { name, type: "text", value: f[name], size: "16", autocomplete: "off", spellcheck: "false" }));
  return h("form.filter", { key: "filter", role: "search", "aria-label": "Filter", onsubmit: event => {
    event.preventDefault();
    const box = event.currentTarget;
    go(link("/console/audit", Object.fromEntries(["who", "operation", "outcome", "about"].map(k => [k, box.querySelector("[name=" + k + "]").value.trim()]))));
  } }, field("who", "who"), field("operation", "operation"), h("label", {}, h("span", {}, "outcome"), h("select", { name: "outcome", value: f.outcome }, ["", "ok", "rejected", "retry", "unknown"].map(o => h("option", { value: o, selected: o === f.outcome }, o || "any")))), field("about", "about"), h("button", { type: "submit" }, "Find"));
}
