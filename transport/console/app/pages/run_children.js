// run_children shows the tree below a run, read level by level when somebody unfolds it.

import { Problem, get, path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { runLink, status, typeLink } from "../parts/names.js";
import { problem } from "../parts/problem.js";
import { plural } from "../parts/text.js";
import { span } from "../parts/time.js";
import { link } from "../router.js";

const most = 200; // children of one run that are shown

export const children = {
  command: r => command("list", ["--parent", r.workflow_id]),
  open: (ctx, r) => { ctx.state.tree = {}; unfold(ctx, r); },
  load: async (ctx, r) => { if (ctx.state.tree && r.status === "running") await unfold(ctx, r); return null; },
  render: ({ r }, ctx) => {
    const tree = ctx.state.tree?.[r.workflow_id];
    if (!tree) return h("p.dim", { "aria-busy": "true" }, "Looking for children.");
    if (tree instanceof Problem) return problem(tree);
    if (!tree.list.length) return h("p.dim", {}, "It has no children that are kept.");
    return h("div", {}, h("ul.tree.root", {}, h("li", {}, runLink(r), " ", status(r.status), level(ctx, r))), tree.more && more(r));
  },
};

const more = r => h("p", {}, h("a", { href: link("/console/runs", { parent: r.workflow_id }) }, "All children as a list"));

function level(ctx, r) {
  const tree = ctx.state.tree[r.workflow_id];
  if (!tree) return null;
  if (tree instanceof Problem) return problem(tree);
  if (!tree.list.length) return h("span.dim", {}, ", no children");
  return h("ul.tree", {}, tree.list.map(c => h("li", { key: c.run_id }, runLink(c), " ", status(c.status), " ", h("span.dim", {}, typeLink(c.workflow_type), " ", c.closed_at ? span(new Date(c.closed_at) - new Date(c.started_at)) : ""),
    ctx.state.tree[c.workflow_id] ? level(ctx, c) : h("button.plain", { type: "button", "aria-label": "Children of " + c.workflow_id, onclick: () => unfold(ctx, c) }, "children"))), tree.more && h("li.dim", {}, "and more than " + plural(most, "child", "children") + ": ", more(r)));
}

async function unfold(ctx, r) {
  try {
    const { data } = await get("/v1/workflows", { parent: r.workflow_id, sort: "started", limit: most }, ctx.signal);
    ctx.state.tree[r.workflow_id] = { list: data.workflows, more: !!data.next_cursor };
  } catch (error) {
    if (ctx.signal.aborted) return;
    ctx.state.tree[r.workflow_id] = error;
  }
  ctx.redraw();
}
