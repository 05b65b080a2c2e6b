// run_logs shows what the code of a run logged, and goes on while it is open.

import { get, path, Problem } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { visible } from "../parts/names.js";
import { problem } from "../parts/problem.js";
import { count, plural } from "../parts/text.js";
import { moment } from "../parts/time.js";
import { seen } from "./record.js";
import { windowed } from "../parts/windowed.js";

export const logs = {
  command: (r, _, flag) => command("logs", r.workflow_id, flag, "--follow"),
  open: (ctx, r) => {
    const log = ctx.state.log = { lines: [], next: 1, logged: 0, failed: null };
    (async () => {
      while (!ctx.signal.aborted && log.next && ctx.state.log === log) {
        try {
          await seen(ctx.signal);
          const { data } = await get(path`/v1/workflows/${r.workflow_id}/logs`, { run_id: r.run_id, from: log.next, limit: 1000, wait: log.read ? "25s" : "" }, ctx.signal);
          Object.assign(log, { logged: data.logged, next: data.next || 0, failed: null, read: true });
          log.lines.push(...data.lines);
          ctx.redraw();
        } catch (error) {
          if (ctx.signal.aborted) return;
          log.failed = error;
          ctx.redraw();
          if (error instanceof Problem && error.outcome === "rejected") return;
          await new Promise(done => setTimeout(done, 2000));
        }
      }
    })();
  },
  render: (_, ctx) => {
    const log = ctx.state.log;
    if (!log?.read) return log?.failed ? problem(log.failed) : h("p.dim", { "aria-busy": "true" }, "Reading the log.");
    if (!log.lines.length) return h("p.dim", {}, "Its code has logged nothing. ", h("code", {}, "ctx.log(\"...\")"), " writes a line.");
    const gone = log.logged - log.lines.length;
    return h("div", {}, h("p.dim", {}, plural(log.lines.length, "line"), gone > 0 ? "; " + count(gone) + " older ones are not kept" : "", log.next ? "" : "; the run is closed", log.failed ? "; trying again: " + log.failed.message : "", "."),
      windowed({ label: "Log", rows: log.lines.length, height: 24, tall: 600, version: String(log.lines.length), row: i => { const l = log.lines[i]; return h("div", { title: l.text }, h("span.seq", {}, l.seq), h("span.at", {}, moment(l.at, true).slice(-12)), h("span", {}, visible(l.text))); } }));
  },
};
