// problem shows a refusal: what it is, what holds it up, and what to do.

import { h } from "../h.js";
import { runLink } from "./names.js";
import { short } from "./text.js";

// problem makes an element of a Problem, or of an error of the page itself.
export function problem(p) {
  if (!p.code) return h("div.problem", { role: "alert" }, h("p", {}, h("strong", {}, "The page broke"), " ", String(p.message || p)), h("p.dim", {}, "Reload it. If it breaks again, tell its makers what you did."));
  return h("div.problem", { role: "alert" },
    h("p", {}, h("strong", {}, p.title || p.code), " ", h("code.dim", {}, p.code)),
    p.detail && p.detail !== p.title && h("p", {}, p.detail),
    holders(p.facts),
    facts(p.facts),
    p.hint && h("p", {}, h("span.dim", {}, "What to do: "), p.hint),
    p.outcome === "unknown" && h("p", {}, "It may have happened. Asking again under the same request id finds out, and does it at most once."));
}

const listed = ["holders", "pins", "runs"];

// holders are the runs that stand in the way.
function holders(facts = {}) {
  const list = listed.map(name => facts[name]).find(v => Array.isArray(v) && v.some(x => x?.workflow_id));
  if (!list) return null;
  return h("ul.holders", {}, list.slice(0, 20).map(x => h("li", {}, runLink(x), " ", h("span.dim", {}, [x.kind, x.workflow_type].filter(Boolean).join(" ").replaceAll("_", " ")))));
}

function facts(all = {}) {
  const rest = Object.entries(all).filter(([k, v]) => !listed.includes(k) && v !== null && v !== "");
  if (!rest.length) return null;
  return h("dl.facts", {}, rest.map(([k, v]) => [h("dt", {}, k.replaceAll("_", " ")), h("dd", {}, typeof v === "object" ? JSON.stringify(v) : /^[0-9a-f]{64}$/.test(v) ? short(v) : String(v))]));
}
