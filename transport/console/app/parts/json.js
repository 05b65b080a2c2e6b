// json shows a JSON value: laid out, foldable where it is large, and as text in every case.

import { h } from "../h.js";
import { copy } from "./copy.js";
import { visible } from "./names.js";
import { clip } from "./text.js";

const few = 200; // members that are shown before somebody asks for more

// json is a value with a button that copies it whole.
export function json(value, { label = "Copy as JSON" } = {}) {
  if (value === undefined) return h("span.dim", {}, "none");
  return h("div.json", {}, copy(JSON.stringify(value, null, 2), label), part(value, 0));
}

// line is a value in a line of a table.
export const line = (value, n = 90) => value === undefined ? "" : clip(visible(JSON.stringify(value)), n);

function part(value, depth) {
  if (value === null || typeof value !== "object") return leaf(value);
  const list = Array.isArray(value);
  const members = list ? value.map(v => [null, v]) : Object.entries(value);
  if (!members.length) return h("span.punct", {}, list ? "[]" : "{}");
  const small = members.length <= 4 && members.every(([, v]) => v === null || typeof v !== "object") && JSON.stringify(value).length < 70;
  if (small) return h("span", {}, h("span.punct", {}, list ? "[ " : "{ "), members.map(([k, v], i) => [i ? h("span.punct", {}, ", ") : null, k !== null && name(k), part(v, depth + 1)]), h("span.punct", {}, list ? " ]" : " }"));
  const shown = members.slice(0, few);
  const inside = () => h("ul", {}, shown.map(([k, v]) => h("li", {}, k !== null && name(k), part(v, depth + 1))), members.length > few && h("li.dim", {}, "and " + (members.length - few) + " more: copy all to see them"));
  if (depth === 0) return h("div", {}, inside());
  return h("details", { open: depth < 3 }, h("summary", {}, h("span.punct", {}, list ? "[" + members.length + "]" : "{" + members.length + "}")), inside());
}

const name = k => [h("span.name", {}, visible(k)), h("span.punct", {}, ": ")];

function leaf(value) {
  if (typeof value !== "string") return h("span.lit", {}, String(value));
  return h("span.str", {}, value.includes("\n") ? h("pre", {}, visible(value)) : visible(JSON.stringify(value)));
}
