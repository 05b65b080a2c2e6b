// diff compares two texts line by line.

import { h } from "../h.js";

const near = 3; // lines around a change
const most = 4000; // lines that are compared; longer texts are shown as they are

// lines returns [mark, text] for each line of a diff, mark being " ", "+" or "-".
export function lines(from, to) {
  const a = from.split("\n"), b = to.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const x = a.slice(head, a.length - tail), y = b.slice(head, b.length - tail);
  const middle = x.length * y.length > most * most ? [...x.map(l => ["-", l]), ...y.map(l => ["+", l])] : longest(x, y);
  return [...a.slice(0, head).map(l => [" ", l]), ...middle, ...a.slice(a.length - tail).map(l => [" ", l])];
}

// longest finds the longest common subsequence, by a table of lengths.
function longest(x, y) {
  const width = y.length + 1;
  const len = new Uint32Array((x.length + 1) * width);
  for (let i = x.length - 1; i >= 0; i--) for (let j = y.length - 1; j >= 0; j--) {
    len[i * width + j] = x[i] === y[j] ? len[(i + 1) * width + j + 1] + 1 : Math.max(len[(i + 1) * width + j], len[i * width + j + 1]);
  }
  const out = [];
  let i = 0, j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) { out.push([" ", x[i]]); i++; j++; }
    else if (i < x.length && (j >= y.length || len[(i + 1) * width + j] >= len[i * width + j + 1])) out.push(["-", x[i++]]);
    else out.push(["+", y[j++]]);
  }
  return out;
}

// diff shows what differs, with a few lines around it.
export function diff(from, to, label) {
  const all = lines(from, to);
  if (!all.some(([mark]) => mark !== " ")) return h("p.dim", {}, "The same.");
  const keep = all.map(() => false);
  all.forEach(([mark], i) => { if (mark !== " ") for (let k = Math.max(0, i - near); k <= Math.min(all.length - 1, i + near); k++) keep[k] = true; });
  let n = 0;
  const rows = [];
  all.forEach(([mark, text], i) => {
    if (mark !== "-") n++;
    if (keep[i]) rows.push(h("div", { class: mark === "+" ? "add" : mark === "-" ? "del" : "" }, h("span.no", { "aria-hidden": "true" }, mark === "-" ? "" : n), h("span", {}, mark + " " + text)));
    else if (i && keep[i - 1]) rows.push(h("div.gap", {}, "⋯"));
  });
  return h("div.code", { role: "region", "aria-label": label || "Differences", tabindex: "0" }, rows);
}

// source shows code with numbered lines; mark is a line to point at.
export function source(text, mark, label) {
  return h("div.code", { role: "region", "aria-label": label || "Source", tabindex: "0" }, text.replace(/\n$/, "").split("\n").map((line, i) => h("div", { id: "L" + (i + 1), class: i + 1 === mark ? "mark" : "" }, h("span.no", { "aria-hidden": "true" }, i + 1), h("span", {}, line))));
}
