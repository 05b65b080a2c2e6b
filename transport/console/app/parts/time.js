// time shows moments in the zone of the reader, with UTC on hover, and how long things take.

import { h } from "../h.js";

const day = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "2-digit" });
const hms = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const today = new Intl.DateTimeFormat("en-CA");

const ms = at => String(at.getMilliseconds()).padStart(3, "0");

// clock is the time of day.
export const clock = at => hms.format(new Date(at));

// moment is a time as text; exact adds milliseconds.
export function moment(at, exact) {
  const d = new Date(at);
  const time = hms.format(d) + (exact ? "." + ms(d) : "");
  return today.format(d) === today.format(Date.now()) ? time : day.format(d) + " " + time;
}

// when is an element with a time.
export function when(at, { exact = false, ago = false } = {}) {
  if (!at) return h("span.dim", {}, "–");
  const d = new Date(at);
  return h("time", { datetime: d.toISOString(), title: d.toISOString().replace("T", " ").replace("Z", " UTC") }, ago ? since(d) : moment(d, exact));
}

// since is how long ago something was, or how soon it will be.
export function since(at) {
  const left = new Date(at) - Date.now();
  if (Math.abs(left) < 1000) return "now";
  return left > 0 ? "in " + span(left) : span(-left) + " ago";
}

// span is a length of time, from milliseconds, in at most two units.
export function span(t) {
  if (t < 1) return t <= 0 ? "0 ms" : t.toFixed(1) + " ms";
  if (t < 1000) return Math.round(t) + " ms";
  if (t < 10_000) return (t / 1000).toFixed(1) + " s";
  const s = Math.round(t / 1000);
  for (const [size, unit, below, smaller] of [[86400, "d", 3600, "h"], [3600, "h", 60, "m"], [60, "m", 1, "s"]]) {
    if (s >= size) {
      const rest = Math.floor(s % size / below);
      return Math.floor(s / size) + unit + (rest ? " " + rest + smaller : "");
    }
  }
  return s + " s";
}

// goDuration is the length of a Go duration, such as 1h30m or 250ms, in milliseconds.
export function goDuration(text) {
  const units = { ns: 1e-6, us: 1e-3, "µs": 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  let sum = 0;
  for (const [, n, unit] of String(text).matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) sum += n * units[unit];
  return sum;
}
