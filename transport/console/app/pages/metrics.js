// metrics reads what a node counts, and makes rates of it.

import { text } from "../api.js";

// parse reads the text format of Prometheus: name, labels, value.
export function parse(page) {
  const out = [];
  for (const line of page.split("\n")) {
    const m = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(line);
    if (!m) continue;
    const labels = {};
    for (const [, k, v] of (m[2] || "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[k] = v.replace(/\\(.)/g, (_, c) => c === "n" ? "\n" : c);
    out.push({ name: m[1], labels, value: Number(m[3]) });
  }
  return out;
}

export const total = (list, name, match = () => true) => list.reduce((n, m) => m.name === name && match(m.labels) ? n + m.value : n, 0);

// metrics is the page of this node now, or nothing if it cannot be read.
export async function metrics(ctx) {
  try { return parse(await text("/metrics", ctx.signal)); } catch { return null; }
}

// rates compares two looks at the counters of this node.
export async function rates(ctx) {
  const list = await metrics(ctx);
  if (!list) return null;
  const now = { at: performance.now(), starts: total(list, "aion_runs_started_total"), turns: total(list, "aion_engine_turns_total"), calls: total(list, "aion_http_calls_total") + total(list, "aion_hot_calls_total") };
  const before = ctx.state.counters || now;
  ctx.state.counters = now;
  const seconds = (now.at - before.at) / 1000;
  const rate = name => seconds > 0.2 ? tidy(Math.max(0, now[name] - before[name]) / seconds) : "…";
  const late = list.find(m => m.name === "aion_timer_late_seconds");
  return { starts: rate("starts"), turns: rate("turns"), calls: rate("calls"), late: late ? late.value : null };
}

const tidy = n => n >= 100 ? String(Math.round(n)) : n >= 10 ? n.toFixed(0) : n === 0 ? "0" : n.toFixed(1);
