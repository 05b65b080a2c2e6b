// run_ask asks a run's code: its queries, which it names itself, and shows what updates it had.

import { ask as query, path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { can } from "../session.js";
import { json, line } from "../parts/json.js";
import { status } from "../parts/names.js";
import { parse } from "../parts/form.js";
import { problem } from "../parts/problem.js";
import { table } from "../parts/table.js";
import { when } from "../parts/time.js";
import { runActions } from "./actions.js";

export const ask = {
  needs: "history",
  command: (r, ctx, flag) => command("query", r.workflow_id, ctx.state.query || "NAME", flag),
  open: async (ctx, r) => {
    if (!can("payload", { type: r.workflow_type })) { ctx.state.known = []; return; }
    // The refusal of a query that nobody registers names those that somebody has.
    try { await query(path`/v1/workflows/${r.workflow_id}/queries/${"?"}` + "?run_id=" + r.run_id, {}, ctx.signal); } catch (error) {
      ctx.state.known = error.facts?.known || [];
      if (error.code !== "unknown_query") ctx.state.refusal = error;
      ctx.redraw();
      for (const name of ctx.state.known.slice(0, 4)) put(ctx, r, name);
    }
  },
  render: ({ r }, ctx) => {
    const s = ctx.state;
    const updates = (s.record?.events || []).filter(e => e.type === "UpdateAccepted");
    const answers = new Map((s.record?.events || []).filter(e => e.type === "UpdateCompleted").map(e => [e.data.update_id, e]));
    return h("div", {},
      h("h2", {}, "Queries"), s.refusal && problem(s.refusal),
      !s.known ? h("p.dim", { "aria-busy": s.refusal ? null : "true" }, "Asking the code what it answers.") : s.known.length === 0 ? h("p.dim", {}, "Its code answers no queries.") :
        s.known.map(name => h("section", { key: "q " + name }, h("div.headline", {}, h("h3", {}, name), h("button", { type: "button", onclick: () => put(ctx, r, name) }, "Ask again"), s.answers?.[name]?.at && h("span.dim", {}, "as of ", when(s.answers[name].at))),
          h("label", {}, h("span.offscreen", {}, "Arguments of " + name), h("input", { type: "text", placeholder: "arguments, as JSON", id: "args-" + name, autocomplete: "off", onkeydown: e => { if (e.key === "Enter") put(ctx, r, name); } })),
          s.answers?.[name] ? (s.answers[name].problem ? problem(s.answers[name].problem) : json(s.answers[name].result)) : h("p.dim", {}, "Not asked yet."))),
      h("h2", {}, "Updates"), h("div.actions", {}, runActions(r, r).filter(a => a.name === "Update" || a.name === "Signal").map(a => h("button", { type: "button", disabled: !!a.no, title: a.no || null, onclick: a.open }, a.name + "…"))),
      table({ label: "Updates", rows: updates, key: e => e.data.update_id, empty: "It has accepted none.", columns: [
        { name: "accepted", cell: e => when(e.at) }, { name: "name", cell: e => e.data.name }, { name: "id", cell: e => h("code", {}, e.data.update_id) }, { name: "arguments", wide: true, cell: e => h("code", {}, line(e.data.args)) },
        { name: "state", cell: e => answers.has(e.data.update_id) ? status(answers.get(e.data.update_id).data.error ? "failed" : "completed") : status("accepted") },
        { name: "answer", wide: true, cell: e => { const a = answers.get(e.data.update_id)?.data; return a ? a.error ? h("span.bad", {}, a.error.kind + ": " + a.error.message) : h("code", {}, line(a.result)) : ""; } },
      ] }));
  },
};

async function put(ctx, r, name) {
  const s = ctx.state;
  s.answers ||= {};
  s.query = name;
  const field = document.getElementById("args-" + name);
  try {
    const args = parse(field?.value || "", "The arguments");
    const answer = await query(path`/v1/workflows/${r.workflow_id}/queries/${name}` + "?run_id=" + r.run_id, args === undefined ? {} : { args }, ctx.signal);
    s.answers[name] = { at: Date.now(), result: answer.result };
  } catch (error) {
    if (ctx.signal.aborted) return;
    s.answers[name] = { at: Date.now(), problem: error.code ? error : { code: "invalid_input", title: "The arguments cannot be read", detail: error.message, facts: {} } };
  }
  ctx.redraw();
}
