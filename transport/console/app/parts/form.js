// form makes fields and reads them. A field is {name, label, kind, ...}: text, area, number, check,
// choice (of options), json, file, schema (fields from a JSON Schema), time. Fields with more are
// folded away.

import { h } from "../h.js";
import { fromSchema, fieldsOfSchema } from "./schema.js";

// fields makes the elements; changed is called when the form has to be drawn anew.
export function fields(list, changed) {
  const all = list.filter(Boolean), more = all.filter(f => f.more);
  return [all.filter(f => !f.more).map(f => field(f, changed)), more.length > 0 && h("details", { key: "more" }, h("summary", {}, "More options"), more.map(f => field(f, changed)))];
}

function field(f, changed) {
  const id = "f-" + f.name;
  const hint = f.hint && h("small.dim", { id: id + "-hint" }, f.hint);
  const common = { id, name: id, "aria-describedby": f.hint ? id + "-hint" : null, required: f.required };
  switch (f.kind) {
    case "check": return h("label.check", { key: f.name }, h("input", { ...common, type: "checkbox", checked: f.value }), " ", f.label, hint);
    case "choice": return h("label", { key: f.name }, h("span", {}, f.label), h("select", { ...common, value: f.value, onchange: changed }, f.options.map(o => {
      const [value, shown] = Array.isArray(o) ? o : [o, o];
      return h("option", { value, selected: value === f.value }, shown);
    })), hint);
    case "area": case "json": return h("label", { key: f.name }, h("span", {}, f.label), h("textarea", { ...common, rows: f.rows || 4, value: f.value ?? "", spellcheck: "false" }), hint);
    case "file": return h("label.drop", { key: f.name }, h("span", {}, f.label), h("input", { ...common, type: "file", accept: f.accept, onchange: changed }), hint);
    case "schema": return h("fieldset", { key: f.name, hold: f.name }, h("legend", {}, f.label), fieldsOfSchema(f.schema, f.name, f.value), hint);
    default: return h("label", { key: f.name }, h("span", {}, f.label), h("input", { ...common, type: f.kind === "number" ? "number" : f.kind === "time" ? "datetime-local" : "text", step: f.kind === "time" ? "1" : null, value: f.value ?? "", min: f.min, max: f.max, placeholder: f.placeholder, autocomplete: "off", spellcheck: "false", list: f.list && id + "-list" }),
      f.list && h("datalist", { id: id + "-list" }, f.list.map(v => h("option", { value: v }))), hint);
  }
}

// values reads the fields of a form: texts without the space around them, numbers, parsed JSON. What
// is empty is undefined. It throws if one cannot be read.
export function values(list, form) {
  const out = {};
  for (const f of list.filter(Boolean)) {
    const input = form.querySelector("#" + CSS.escape("f-" + f.name));
    if (f.kind === "schema") {
      const box = [...form.querySelectorAll("fieldset")].find(b => b.key === f.name);
      out[f.name] = box ? fromSchema(f.schema, f.name, box) : f.value;
      continue;
    }
    if (!input) { out[f.name] = f.value || undefined; continue; }
    if (f.kind === "check") out[f.name] = input.checked;
    else if (f.kind === "file") out[f.name] = input.files[0];
    else if (f.kind === "number") out[f.name] = input.value === "" ? undefined : Number(input.value);
    else if (f.kind === "time") out[f.name] = input.value === "" ? undefined : new Date(input.value).toISOString();
    else if (f.kind === "json") out[f.name] = parse(input.value, f.label);
    else out[f.name] = input.value.trim() || undefined;
    if (f.required && out[f.name] === undefined) throw new Error(f.label + " is missing");
  }
  return out;
}

// parse reads JSON, and says where it is broken.
export function parse(text, label) {
  if (!text.trim()) return undefined;
  try { return JSON.parse(text); } catch (error) { throw new Error(label + " is no JSON: " + error.message + '. A text stands in quotes: "like this"'); }
}
