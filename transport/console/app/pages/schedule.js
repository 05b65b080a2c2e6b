// schedule is one schedule: when it fires, what it has started, and what came in between.

import { path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { calendar } from "../parts/calendar.js";
import { json } from "../parts/json.js";
import { runLink, status, typeLink } from "../parts/names.js";
import { pairs } from "../parts/table.js";
import { count } from "../parts/text.js";
import { when } from "../parts/time.js";
import { buttons } from "./actions.js";
import { rhythm, scheduleActions } from "./schedule_actions.js";

export const schedule = {
  name: "schedule", title: ctx => ctx.params.id, every: 5000,
  load: ctx => ctx.get(path`/v1/schedules/${ctx.params.id}`),
  render: (s, ctx) => h("div", {},
    h("div.headline", {}, h("h1", {}, s.schedule_id), s.paused ? status("paused") : s.next_times.length ? status("running", "fires") : status("off", "ended"), h("span.dim", {}, typeLink(s.type), ", ", rhythm(s))),
    s.paused && s.reason && h("p.warn", {}, "Paused: " + s.reason), buttons(schedule.actions(s, ctx)),
    s.last_failure && h("div.problem", {}, h("p", {}, h("strong", {}, "The last fire that failed: "), s.last_failure.kind + ": " + s.last_failure.message)),
    pairs([
      ["next", s.next_times.length ? s.next_times.map((t, i) => [i ? ", " : "", when(t)]) : "never"], ["last", s.last_time ? when(s.last_time, { ago: true }) : "never"], ["if a run is open", s.overlap.replaceAll("_", " ")], ["times without a leader", s.catch_up === "one" ? "one is made up for" : s.catch_up === "all" ? "all are made up for" : "none is made up for"],
      s.jitter && ["jitter", "up to " + s.jitter], s.ends_at && ["ends", when(s.ends_at)], s.fires && ["fires", count(s.fired || 0) + " of " + count(s.fires)], s.pause_on_failure && ["a failed run", "pauses it"],
      ["started", count(s.started)], ["skipped, for a run was open", count(s.skipped)], ["missed, without a leader", count(s.missed)], ["failed to start", count(s.failed)], s.buffered?.length && ["waiting for open runs", s.buffered.map((t, i) => [i ? ", " : "", when(t)])], ["created", when(s.created_at)],
    ]),
    h("h2", {}, "Next fires"), s.next_times.length ? calendar(s.next_times.map(t => ({ at: t, name: "" }))) : h("p.dim", {}, "None."),
    h("div.two", {},
      h("section", {}, h("h2", {}, "Open runs"), runs(s.open_runs, s.open_runs_total)), h("section", {}, h("h2", {}, "Latest runs"), runs(s.recent_runs))),
    h("h2", {}, "Input"), s.payload_withheld ? h("p.dim", {}, "Withheld: your token lacks the grant payload for this type.") : json(s.input)),
  command: (_, ctx) => command("schedule", "describe", ctx.params.id),
  actions: s => scheduleActions(s),
};

const runs = (list, total) => list.length ? h("ul.holders", {}, list.map(r => h("li", {}, runLink(r))), total > list.length && h("li.dim", {}, "and " + count(total - list.length) + " more")) : h("p.dim", {}, "None.");
