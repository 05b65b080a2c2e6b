// bars shows shares of a whole as one bar, and a legend that says the numbers.

import { h } from "../h.js";
import { count } from "./text.js";
import { tone } from "./names.js";

// bar is a bar of parts [{name, n, tone?}].
export function bar(parts, label) {
  const sum = parts.reduce((a, p) => a + p.n, 0);
  return h("span.bar", { role: "img", "aria-label": (label ? label + ": " : "") + parts.map(p => p.name + " " + p.n).join(", ") },
    sum > 0 && parts.filter(p => p.n > 0).map(p => h("span", { class: p.tone || tone(p.name), vars: { share: (100 * p.n / sum).toFixed(2) + "%" }, title: p.name + ": " + count(p.n) })));
}
