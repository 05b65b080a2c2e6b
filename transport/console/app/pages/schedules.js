// schedules lists what starts runs again and again, with the next fires of all on a calendar.

import { path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { status, typeLink } from "../parts/names.js";
import { calendar } from "../parts/calendar.js";
import { pager, table } from "../parts/table.js";
import { count } from "../parts/text.js";
import { when } from "../parts/time.js";
import { link } from "../router.js";
import { buttons } from "./actions.js";
import { create, rhythm } from "./schedule_actions.js";

const at = id => link(path`/console/schedules/${id}`);

export const schedules = {
  name: "schedules", title: "Schedules", every: 8000,
  load: ctx => ctx.get("/v1/schedules", { limit: 100, cursor: ctx.query.get("cursor") }),
  render: (d, ctx) => h("div", {},
    h("h1", {}, "Schedules"), buttons(schedules.actions(d, ctx)),
    table({ label: "Schedules", rows: d.schedules, key: s => s.schedule_id, href: s => at(s.schedule_id), empty: h("p", {}, "There are none. Create one above, or by ", h("code", {}, "aion-node schedule create TYPE"), "."), columns: [
      { name: "schedule", cell: s => h("a.id", { href: at(s.schedule_id) }, s.schedule_id) }, { name: "type", cell: s => typeLink(s.type) }, { name: "rhythm", cell: s => rhythm(s) }, { name: "state", cell: s => s.paused ? status("paused") : s.next_times.length ? status("running", "fires") : status("off", "ended") },
      { name: "next", cell: s => s.paused || !s.next_times.length ? "" : when(s.next_times[0], { ago: true }) }, { name: "last", cell: s => s.last_time ? when(s.last_time, { ago: true }) : "" }, { name: "open", num: true, cell: s => count(s.open_runs_total || s.open_runs.length) },
      { name: "started", num: true, cell: s => count(s.started) }, { name: "skipped", num: true, cell: s => count(s.skipped) }, { name: "missed", num: true, cell: s => s.missed ? h("span.warn", {}, count(s.missed)) : "0" }, { name: "failed", num: true, cell: s => s.failed ? h("span.bad", {}, count(s.failed)) : "0" },
      { name: "overlap", wide: true, cell: s => s.overlap.replaceAll("_", " ") },
    ] }),
    pager({ first: ctx.query.get("cursor") && link("/console/schedules"), next: d.next_cursor && link("/console/schedules", { cursor: d.next_cursor }), shown: count(d.schedules.length), noun: "schedules" }),
    d.schedules.length > 0 && [h("h2", {}, "The next fire of each"), calendar(d.schedules.filter(s => !s.paused).flatMap(s => s.next_times.slice(0, 1).map(t => ({ at: t, name: s.schedule_id, href: at(s.schedule_id) }))))]),
  command: () => command("schedule", "list"),
  actions: () => [create()],
};
