// schema makes fields out of a JSON Schema, for the inputs of workflows. What has no field of its
// own is JSON.

import { h } from "../h.js";
import { parse } from "./form.js";

// simple lists the properties that have fields, or nothing: then all of it is JSON.
function simple(schema) {
  if (schema?.type !== "object" || !schema.properties || schema.$ref || schema.oneOf || schema.anyOf || schema.allOf) return null;
  return Object.entries(schema.properties);
}

const kind = s => s?.enum ? "enum" : typeof s?.type === "string" && ["string", "number", "integer", "boolean"].includes(s.type) ? s.type : "json";

// fieldsOfSchema makes the elements; value is what they begin with.
export function fieldsOfSchema(schema, prefix, value) {
  const list = simple(schema);
  if (!list) return h("label", {}, h("span", {}, "JSON"), h("textarea", { name: prefix, rows: 6, spellcheck: "false", value: value === undefined ? "" : JSON.stringify(value, null, 2) }));
  return list.map(([name, s], i) => {
    const own = { name: prefix + "." + i, required: schema.required?.includes(name) };
    const at = value?.[name] ?? s.default;
    const label = h("span", {}, name, own.required ? h("span.dim", {}, " required") : null);
    const hint = s.description && h("small.dim", {}, s.description);
    switch (kind(s)) {
      case "boolean": return h("label.check", {}, h("input", { ...own, required: null, type: "checkbox", checked: at }), " ", label, hint);
      case "enum": return h("label", {}, label, h("select", own, own.required ? null : h("option", { value: "" }, ""), s.enum.map(v => h("option", { value: JSON.stringify(v), selected: v === at }, String(v)))), hint);
      case "json": return h("label", {}, label, h("textarea", { ...own, rows: 3, spellcheck: "false", placeholder: "JSON", value: at === undefined ? "" : JSON.stringify(at, null, 2) }), hint);
      case "string": return h("label", {}, label, h("input", { ...own, type: "text", value: at ?? "", autocomplete: "off", maxlength: s.maxLength }), hint);
      default: return h("label", {}, label, h("input", { ...own, type: "number", step: kind(s) === "integer" ? "1" : "any", min: s.minimum, max: s.maximum, value: at ?? "" }), hint);
    }
  });
}

// fromSchema reads them.
export function fromSchema(schema, prefix, box) {
  const field = name => [...box.querySelectorAll("input, select, textarea")].find(f => f.name === name);
  const list = simple(schema);
  if (!list) return parse(field(prefix).value, "The input");
  const pairs = [];
  list.forEach(([name, s], i) => {
    const f = field(prefix + "." + i);
    const k = kind(s);
    if (k === "boolean") { if (f.checked || f.required || schema.required?.includes(name)) pairs.push([name, f.checked]); return; }
    if (f.value === "") {
      if (schema.required?.includes(name) && k === "string") pairs.push([name, ""]);
      else if (schema.required?.includes(name)) throw new Error(name + " is missing");
      return;
    }
    pairs.push([name, k === "string" ? f.value : k === "json" ? parse(f.value, name) : k === "enum" ? JSON.parse(f.value) : Number(f.value)]);
  });
  return Object.fromEntries(pairs);
}
