// palette finds pages, runs, types, versions and schedules by name, and what can be done here.

import { get, path } from "../api.js";
import { h, patch } from "../h.js";
import { places } from "../places.js";
import { go, link } from "../router.js";
import { opened } from "../view.js";
import { runAddress } from "./names.js";
import { short } from "./text.js";

// palette opens it.
export function palette() {
  if (document.querySelector("dialog[open]")) return;
  let at = 0, found = [], asked = 0;
  const here = opened();
  const fixed = [
    ...(here?.ctx.data != null && here.page.actions ? here.page.actions(here.ctx.data, here.ctx) : []).filter(a => a && !a.no).map(a => ({ kind: "do", name: a.name + "…", open: a.open })),
    ...places.map(([to, name, letter]) => ({ kind: "page", name, keys: "g " + letter, to: link(to) })),
  ];
  const field = h("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-label": "Find or do", placeholder: "A page, a workflow id, a type, a schedule, or what to do", autocomplete: "off", spellcheck: "false" });
  const list = h("ul", { id: "palette-list", role: "listbox", "aria-label": "Found" });
  const node = h("dialog.palette", { "aria-label": "Find or do", onclose: () => node.remove() }, field, list);

  const matching = () => {
    const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const hit = x => words.every(w => x.name.toLowerCase().includes(w));
    return [...fixed.filter(hit), ...found.filter(hit)].slice(0, 30);
  };
  const draw = () => {
    const shown = matching();
    at = Math.max(0, Math.min(at, shown.length - 1));
    patch(list, h("ul", { id: "palette-list", role: "listbox", "aria-label": "Found" }, shown.map((x, i) => h("li", { id: "palette-" + i, role: "option", "aria-selected": String(i === at), onclick: () => choose(x) }, h("span.dim.kind", {}, x.kind), h("span", {}, x.name), x.keys && h("kbd", {}, x.keys)))));
    if (shown.length) field.setAttribute("aria-activedescendant", "palette-" + at); else field.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const choose = x => { node.close(); x.to ? go(x.to) : x.open(); };

  // What the cluster has is asked once, and the run of an id that was typed whole each time.
  const ask = async (to, query, make) => {
    try { found.push(...make((await get(to, query)).data)); draw(); } catch { /* not for this reader */ }
  };
  const lookup = async () => {
    const id = field.value.trim(), mine = ++asked;
    if (!id || /\s/.test(id)) return;
    try {
      const run = (await get(path`/v1/workflows/${id}`)).data;
      if (mine === asked && !found.some(f => f.run === run.run_id)) { found.unshift({ kind: "run", name: run.workflow_id, run: run.run_id, to: runAddress(run.workflow_id) }); draw(); }
    } catch { /* there is none */ }
  };
  field.oninput = () => { at = 0; draw(); clearTimeout(field.later); field.later = setTimeout(lookup, 150); };
  field.onkeydown = event => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); at += event.key === "ArrowDown" ? 1 : -1; draw(); }
    if (event.key === "Enter") { event.preventDefault(); const x = matching()[at]; if (x) choose(x); }
  };
  document.body.append(node);
  draw();
  node.showModal();
  field.focus();
  ask("/v1/versions", {}, d => [
    ...[...new Set(d.versions.map(v => v.workflow_type))].flatMap(t => [{ kind: "type", name: t, to: link(path`/console/versions/${t}`) }, { kind: "runs", name: "runs of " + t, to: link("/console/runs", { type: t }) }]),
    ...d.versions.map(v => ({ kind: "version", name: v.workflow_type + " " + short(v.version), to: link(path`/console/versions/${v.workflow_type}/${v.version}`) })),
  ]);
  ask("/v1/schedules", { limit: 200 }, d => d.schedules.map(s => ({ kind: "schedule", name: s.schedule_id, to: link(path`/console/schedules/${s.schedule_id}`) })));
  ask("/v1/workflows", { limit: 100 }, d => d.workflows.map(r => ({ kind: "run", name: r.workflow_id, run: r.run_id, to: runAddress(r.workflow_id) })));
}
