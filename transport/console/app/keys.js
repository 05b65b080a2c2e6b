// keys are what the keyboard does outside of fields: g and a letter goes to a page, j and k walk
// through a list, ? tells all of it.

import { h } from "./h.js";
import { places } from "./places.js";
import { go, link } from "./router.js";
import { opened } from "./view.js";
import { palette } from "./parts/palette.js";
import { say } from "./parts/dialog.js";

let going = false;

// keys begins to listen.
export function keys() {
  document.addEventListener("keydown", event => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return palette();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (going) {
      going = false;
      const place = places.find(([, , letter]) => letter === event.key);
      if (place) { event.preventDefault(); go(link(place[0])); }
      return;
    }
    const own = opened()?.page.keys?.[event.key];
    if (own) { event.preventDefault(); return own(opened().ctx); }
    switch (event.key) {
      case "g": going = true; setTimeout(() => { going = false; }, 1500); break;
      case "j": walk(1); break;
      case "k": walk(-1); break;
      case "/": {
        const field = document.querySelector("#main input[type=search], #main form.filter input[type=text]");
        event.preventDefault();
        field ? field.focus() : palette();
        break;
      }
      case "Enter": {
        const row = document.querySelector("tr.at[data-href]");
        if (row && !event.target.closest("a, button, summary")) go(row.dataset.href);
        break;
      }
      case "?": help(); break;
    }
  });
}

function walk(by) {
  const rows = [...document.querySelectorAll("#main tbody tr")];
  if (!rows.length) return;
  const now = rows.findIndex(r => r.classList.contains("at"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, now + by))];
  rows[now]?.classList.remove("at");
  next.classList.add("at");
  next.scrollIntoView({ block: "nearest" });
  (next.querySelector("td a[href]") || next).focus?.();
}

function help() {
  const line = (keys, what) => [h("dt", {}, keys.map(k => h("kbd", {}, k))), h("dd", {}, what)];
  say("Keys", h("dl.pairs", {}, line(["Ctrl K"], "find or do anything"), line(["/"], "to the filter"), line(["j"], "next row"), line(["k"], "row before"), line(["Enter"], "open it"),
    line(["←", "→"], "in a debugger: turn before, next turn"), places.map(([, name, letter]) => line(["g", letter], name)), line(["?"], "this list"), line(["Esc"], "close")));
}
