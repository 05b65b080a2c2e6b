// filter is what a listing of runs shows, as its address says it: ?type=&status=&version=&where=
// (several) &sort= &cursor= &cols= (attributes, by commas).

import { command } from "../cli.js";
import { h } from "../h.js";
import { go, link } from "../router.js";

export const statuses = ["running", "paused", "completed", "failed", "cancelled", "terminated", "timed_out", "continued_as_new"];
const operators = /!=|>=|<=|\^=|=|>|</;

// read takes a filter from an address.
export function read(query) {
  return {
    type: query.get("type") || "", status: query.get("status") || "", version: query.get("version") || "", parent: query.get("parent") || "",
    where: query.getAll("where"), sort: query.get("sort") || "", cursor: query.get("cursor") || "", cols: query.get("cols"),
  };
}

// to is the address of a listing: f with some members changed, and from its first page unless a
// cursor is among them.
export const to = (f, change = {}) => link("/console/runs", { ...f, cursor: "", ...change });

// asked is what the API is asked for.
export const asked = f => ({ type: f.type, status: f.status, version: f.version, parent: f.parent, where: f.where, sort: f.sort });

// conditions are all of it as conditions, for batches and moves.
export const conditions = f => [f.type && "type=" + f.type, f.status && "status=" + f.status, f.version && "version=" + f.version, f.parent && "parent=" + f.parent, ...f.where].filter(Boolean);

// line is the command that lists the same.
export const line = (f, limit) => command("list", ["--type", f.type], ["--status", f.status], ["--version", f.version], ["--parent", f.parent], ...f.where.map(w => ["--where", w]), ["--sort", f.sort], limit && ["--limit", limit]);

// form shows the filter. types are offered, names are attributes that somebody may mean.
export function form(f, types, names) {
  const submit = event => {
    event.preventDefault();
    const box = event.currentTarget, own = box.querySelector("[name=where]");
    const text = own.value.trim();
    if (text && !operators.test(text)) { own.setCustomValidity("A condition is a field, an operator and a value, such as amount>=100"); own.reportValidity(); return; }
    const value = name => box.querySelector("[name=" + name + "]").value.trim();
    own.value = "";
    go(to(f, { type: value("type"), status: value("status"), version: value("version"), sort: value("sort"), where: text ? [...f.where, text] : f.where }));
  };
  const pick = (name, label, options, value) => h("label", {}, h("span", {}, label), h("select", { name, value, onchange: e => e.currentTarget.form.requestSubmit() }, options.map(([v, shown]) => h("option", { value: v, selected: v === value }, shown))));
  const typed = f.type && !types.includes(f.type) ? [f.type, ...types] : types;
  const sorts = [["", "newest first"], ["started", "oldest first"], ["-closed", "closed last first"], ...names.flatMap(n => [["-" + n, n + ", greatest first"], [n, n + ", smallest first"]])];
  if (f.sort && !sorts.some(([v]) => v === f.sort)) sorts.push([f.sort, f.sort]);
  return [
    h("form.filter", { key: "filter", role: "search", "aria-label": "Filter", onsubmit: submit },
      pick("type", "type", [["", "all types"], ...typed.map(t => [t, t])], f.type),
      pick("status", "status", [["", "any status"], ...statuses.map(s => [s, s.replaceAll("_", " ")])], f.status),
      h("label", {}, h("span", {}, "version"), h("input", { name: "version", type: "text", size: "12", value: f.version, placeholder: "any", autocomplete: "off", spellcheck: "false" })),
      h("label.where", {}, h("span", {}, "where"), h("input", { name: "where", type: "text", value: "", placeholder: "amount>=100, city=Bern, customer^=acme-, started>2026-11-01T00:00:00Z", autocomplete: "off", spellcheck: "false", oninput: e => e.currentTarget.setCustomValidity("") })),
      pick("sort", "order", sorts, f.sort),
      h("button", { type: "submit" }, "Find")),
    (f.where.length || f.parent) && h("ul.chips", { key: "chips", "aria-label": "Conditions" },
      f.parent && h("li", {}, h("code", {}, "parent=" + f.parent), h("a.button.plain", { href: to(f, { parent: "" }), "aria-label": "Take parent away" }, " ×")),
      f.where.map((w, i) => h("li", {}, h("code", {}, w), h("button.plain", { type: "button", "aria-label": "Take " + w + " away", onclick: () => go(to(f, { where: f.where.filter((_, k) => k !== i) })) }, "×")))),
  ];
}
