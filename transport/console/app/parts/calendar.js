// calendar shows moments in the next four weeks, by the days of the reader's zone.

import { h } from "../h.js";

const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" }), dayOf = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const key = d => d.getFullYear() + "-" + d.getMonth() + "-" + d.getDate();
const most = 4; // moments of a day that are named

// calendar takes [{at, name, href?}].
export function calendar(moments) {
  const today = new Date();
  const first = new Date(today.getFullYear(), today.getMonth(), today.getDate() - (today.getDay() + 6) % 7);
  const byDay = new Map();
  for (const m of moments) {
    const k = key(new Date(m.at));
    byDay.set(k, [...byDay.get(k) || [], m]);
  }
  const days = Array.from({ length: 28 }, (_, i) => new Date(first.getFullYear(), first.getMonth(), first.getDate() + i));
  const later = moments.filter(m => new Date(m.at) >= new Date(first.getFullYear(), first.getMonth(), first.getDate() + 28)).length;
  return h("div", {}, h("div.calendar", {}, days.slice(0, 7).map(d => h("div.head", {}, weekday.format(d))),
    days.map(d => {
      const list = (byDay.get(key(d)) || []).sort((a, b) => new Date(a.at) - new Date(b.at));
      return h("div", { class: key(d) === key(today) ? "today" : d < today ? "past" : "" }, h("div.dim", {}, dayOf.format(d)),
        list.slice(0, most).map(m => h("div", {}, h("time", { datetime: m.at, title: new Date(m.at).toISOString().replace("T", " ").replace("Z", " UTC") }, new Date(m.at).toTimeString().slice(0, 5)), m.href ? h("a", { href: m.href }, m.name) : " " + (m.name || ""))), list.length > most && h("div.dim", {}, "and " + (list.length - most) + " more"));
    })), later > 0 && h("p.dim", {}, later + " more after that."));
}

