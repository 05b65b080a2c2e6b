// trials shows a backtest or a move: how far it is, and the verdict on each run. The node that does
// it alone knows it, by its id, so the page keeps the address.

import { change, path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { bar } from "../parts/bars.js";
import { runLink, status, versionLink } from "../parts/names.js";
import { table } from "../parts/table.js";
import { count, plural } from "../parts/text.js";
import { when } from "../parts/time.js";
import { go, link } from "../router.js";
import { act } from "../parts/dialog.js";
import { buttons } from "./actions.js";

const what = ctx => ctx.query.get("move") ? { id: ctx.query.get("move"), to: "/v1/moves/", noun: "Move" } : { id: ctx.query.get("id"), to: "/v1/backtests/", noun: "Backtest" };

export const trials = {
  name: "trials", title: ctx => what(ctx).id ? what(ctx).noun : "Backtests", every: 2000,
  load: ctx => what(ctx).id ? ctx.get(what(ctx).to + path`${what(ctx).id}`, { limit: 200, cursor: ctx.query.get("cursor") }) : {},
  render: (t, ctx) => {
    const { noun } = what(ctx);
    if (!t.status) return h("div", {}, h("h1", {}, "Backtests"), h("p", {}, "A backtest replays recorded histories on other code, and shows where it would do something else. Begin one on the page of a ", h("a", { href: link("/console/versions") }, "version"), "."), h("p.dim", {}, "The node that carries one out alone knows it: its page has an address of its own, which lasts as long as that node does."));
    const parts = ["moved", "same", "differed", "diverged", "skipped"].filter(k => t[k]).map(k => ({ name: k, n: t[k] }));
    const rest = Math.max(0, t.total - t.done);
    return h("div", {}, h("div.headline", {}, h("h1", {}, noun), status(t.status), h("span.dim", {}, "on " + t.node + ", began ", when(t.began_at, { ago: true }))),
      buttons(trials.actions(t, ctx)), t.why && h("p.bad", {}, t.why),
      h("p", { role: "status" }, count(t.done) + " of " + plural(t.total, "run") + ": " + (parts.map(p => count(p.n) + " " + p.name).join(", ") || "none yet") + "."), bar(rest ? [...parts, { name: "to do", n: rest, tone: "none" }] : parts, noun),
      h("h2", {}, "Verdicts", h("span.dim", {}, t.left_off ? " " + count(t.left_off) + " are counted and not kept" : "")),
      table({ label: "Verdicts", rows: [...t.results].sort((a, b) => rank(a) - rank(b)), key: r => r.run_id || r.workflow_id, empty: "None yet.", columns: [
        { name: "run", cell: r => runLink(r) }, { name: "verdict", cell: r => status(r.verdict) }, { name: "event", num: true, cell: r => r.seq || "" }, { name: "where", cell: r => h("code", {}, r.where || "") },
        { name: "recorded", wide: true, cell: r => r.verdict === "diverged" || r.verdict === "differed" ? h("code", {}, r.recorded || "nothing more") : r.why || "" }, { name: "asked", wide: true, cell: r => r.verdict === "diverged" || r.verdict === "differed" ? h("code", {}, r.asked || "nothing more") : "" },
        { name: "version", cell: r => r.version && t.results.length ? h("span", {}, versionLink("", r.version).textContent) : "" },
      ] }),
      t.next_cursor && t.status !== "running" && h("p", {}, h("a.button", { href: link("/console/trials", { id: ctx.query.get("id"), move: ctx.query.get("move"), cursor: t.next_cursor }) }, "More verdicts")));
  },
  command: (t, ctx) => t.status ? command(what(ctx).noun === "Move" ? "move" : "backtest", "--help") : command("backtest", "VERSION"),
  actions: (t, ctx) => t.status === "running" ? [{ name: "Stop it", open: () => act({ title: "Stop this " + what(ctx).noun.toLowerCase(), verb: "Stop", go, affects: "What has its verdict keeps it.", call: () => ({ run: () => change("DELETE", what(ctx).to + path`${what(ctx).id}`) }) }) }] : [],
};

const order = ["diverged", "differed", "skipped", "moved", "same"];
const rank = r => order.indexOf(r.verdict);
