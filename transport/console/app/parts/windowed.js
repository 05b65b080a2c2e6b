// windowed shows a list of any length: only the rows that can be seen are elements, so ten thousand
// cost as much as thirty.

import { h, patch } from "../h.js";

// windowed makes a scrolling box. rows = how many there are, height = pixels of each, row(i) makes
// one; label names the box. version says when rows have changed.
export function windowed({ label, rows, height, row, version, tall = 480, key = "windowed", head }) {
  const shown = () => Math.min(rows * height, tall) + (head ? height : 0) + 2;
  const box = h("div.windowed", { key, tabindex: "0", role: "region", "aria-label": label, vars: { tall: shown() + "px" }, onscroll: draw, onpatched: draw, hold: version });
  const inner = h("div.rows", { vars: { all: rows * height + "px" } });
  if (head) box.append(head);
  box.append(inner);
  let last = "";
  function draw() {
    const own = this?.isConnected ? this : box;
    const from = Math.max(0, Math.floor(own.scrollTop / height) - 10);
    const to = Math.min(rows, from + Math.ceil((own.clientHeight || tall) / height) + 20);
    if (last === from + "-" + to) return;
    last = from + "-" + to;
    const list = [];
    for (let i = from; i < to; i++) {
      const one = row(i);
      one.key = String(i);
      one.style.setProperty("--y", i * height + "px");
      one.style.setProperty("--row", height + "px");
      list.push(one);
    }
    const target = own.querySelector(".rows");
    patch(target, h("div.rows", { vars: { all: rows * height + "px" } }, list));
  }
  draw();
  return box;
}
