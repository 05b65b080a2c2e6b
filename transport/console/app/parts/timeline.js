// timeline shows steps as bars over time. Only the rows that can be seen are elements, so it takes
// any number of them. Zooming and moving are by buttons, keys, the wheel with Ctrl, and dragging.

import { h } from "../h.js";
import { moment, span } from "./time.js";
import { windowed } from "./windowed.js";

const row = 24;

// timeline takes steps as pages/steps.js makes them. view = {from, to} is what part of the time is
// shown, and is changed; chosen is a key; pick(step) chooses, changed() draws anew.
export function timeline({ steps, label, now, view, chosen, pick, changed, version }) {
  const first = Math.min(...steps.map(s => s.from)), end = Math.max(first + 1, ...steps.map(s => s.to ?? now));
  const from = view.from ?? first, to = Math.max(from + 0.5, view.to ?? end), wide = to - from;
  const at = t => 100 * (t - from) / wide;
  const zoom = (by, center = (from + to) / 2) => {
    const next = Math.max(0.5, Math.min(end - first, wide * by));
    view.from = Math.max(first, Math.min(end - next, center - (center - from) / wide * next));
    view.to = view.from + next;
    if (next >= end - first) view.from = view.to = null;
    changed();
  };
  const move = by => {
    const step = Math.max(first - from, Math.min(end - to, by * wide));
    view.from = from + step;
    view.to = to + step;
    changed();
  };
  const seg = (a, b, tone, extra) => {
    const left = Math.max(0, at(a)), right = Math.min(100, at(b));
    if (right < 0 || left > 100 || right < left) return null;
    return h("span.seg", { class: tone + (extra || ""), vars: { from: left.toFixed(3) + "%", wide: Math.max(0, right - left).toFixed(3) + "%" } });
  };
  const bars = s => {
    const over = s.to ?? now;
    if (s.point) return seg(s.from, s.from, s.tone, " dot");
    if (!s.attempts.length) return seg(s.from, over, s.tone);
    return [seg(s.from, over, "wait"), ...s.attempts.map(a => seg(a.from, a.to ?? over, a.tone))];
  };
  const box = windowed({
    label, rows: steps.length, height: row, tall: 520, key: "timeline", version: [version, from, to, chosen, steps.length].join(" "),
    row: i => {
      const s = steps[i];
      const took = s.point ? "" : span((s.to ?? now) - s.from);
      return h("button", { type: "button", "aria-pressed": String(chosen === s.key), title: s.title + (took ? ", " + took : ""), onclick: () => pick(s) }, h("span.label", {}, s.title), h("span.track", {}, bars(s)));
    },
  });
  box.onwheel = event => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const track = event.currentTarget.querySelector(".track")?.getBoundingClientRect();
    const share = track ? (event.clientX - track.left) / track.width : 0.5;
    zoom(event.deltaY > 0 ? 1.25 : 0.8, from + share * wide);
  };
  (box.handlers ??= new Set()).add("onwheel");
  return h("div.timeline", {},
    h("div.controls", { role: "group", "aria-label": "Zoom" },
      h("button", { type: "button", onclick: () => zoom(0.5) }, "Zoom in"), h("button", { type: "button", onclick: () => zoom(2) }, "Zoom out"),
      h("button", { type: "button", onclick: () => move(-0.5), "aria-label": "Earlier" }, "Earlier"), h("button", { type: "button", onclick: () => move(0.5), "aria-label": "Later" }, "Later"),
      h("button", { type: "button", onclick: () => { view.from = view.to = null; changed(); } }, "All"),
      h("button", { type: "button", onclick: () => { view.from = first; view.to = Math.max(first + 1, ...steps.map(s => Math.max(s.from, s.to ?? 0))); changed(); }, title: "From the first event to the last, without the wait after it" }, "What happened"),
      h("span.dim", {}, span(wide) + " from " + moment(from, true))),
    h("div.axis", { "aria-hidden": "true" }, h("span.label"), h("div.ticks", {}, ticks(from, to, first).map(t => h("span", { vars: { from: at(t).toFixed(3) + "%" } }, tick(t - first))))),
    box);
}

const nice = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000, 2_592_000_000, 31_536_000_000];

function ticks(from, to, first) {
  const step = nice.find(n => (to - from) / n <= 7) || nice.at(-1);
  const out = [];
  for (let t = first + Math.ceil((from - first) / step) * step; t < to - step / 3; t += step) out.push(t);
  return out;
}

const tick = t => "+" + span(Math.max(0, t));
