// table is a table of rows that one can walk through by keys: j and k, Enter opens.

import { h } from "../h.js";

// table takes columns [{name, cell, num?, wide?}] and rows; key names a row. href makes the row a
// link target for Enter; empty is what to say, and do, if there are none.
export function table({ label, columns, rows, key, empty, href, pick }) {
  if (!rows.length) return h("div.empty", {}, typeof empty === "string" ? h("p", {}, empty) : empty);
  return h("div.scroll", { tabindex: "0", role: "region", "aria-label": label },
    h("table", { "aria-label": label },
      h("thead", {}, h("tr", {}, pick && h("th.pick", { scope: "col" }, h("input", { type: "checkbox", "aria-label": "Choose all that are shown", checked: rows.every(r => pick.has(key(r))), onchange: e => pick.all(rows.map(key), e.currentTarget.checked) })),
        columns.map(c => c.name ? h("th", { scope: "col", class: c.num ? "num" : "" }, c.name) : h("td", {})))),
      h("tbody", {}, rows.map(row => h("tr", { key: key(row), "data-href": href?.(row) },
        pick && h("td.pick", {}, h("input", { type: "checkbox", "aria-label": "Choose " + key(row), checked: pick.has(key(row)), onchange: e => pick.set(key(row), e.currentTarget.checked) })),
        columns.map(c => h("td", { class: [c.num && "num", c.wide && "wide"].filter(Boolean).join(" ") }, c.cell(row))))))));
}

// pairs is a list of names and values.
export const pairs = list => h("dl.pairs", {}, list.filter(Boolean).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));

// pager leads to the next page of a list, and back to the first.
export const pager = ({ first, next, shown, total, noun = "runs" }) => h("nav.pager", { "aria-label": "Pages of the list" },
  h("span.dim", {}, total == null ? shown + " shown" : shown + " of " + total + " " + noun),
  first && h("a.button", { href: first, rel: "first" }, "First page"), next && h("a.button", { href: next, rel: "next" }, "Next page"));
