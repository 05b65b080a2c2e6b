// view runs the page that is open: it loads, draws, loads again, and says when what it shows is
// old. A page is {name, title, load, render, every?, events?, command?, actions?, waits?}:
//
//   load(ctx)           reads what the page shows, by ctx.get
//   render(data, ctx)   makes it visible, from data and ctx.state alone
//   every               milliseconds between two loads; 0 or absent = never
//   events              names of events after which it is loaded again
//   command(data, ctx)  the command line that shows the same
//   actions(data, ctx)  what may be done here: [{name, open, ...}], for buttons and the palette

import { get, Problem } from "./api.js";
import { fill, h, patch } from "./h.js";
import { hear } from "./live.js";
import { problem } from "./parts/problem.js";
import { commandLine } from "./parts/command.js";
import { clock } from "./parts/time.js";

let current = null;

// open shows a page in the element main, in place of the one before. same = the same page with
// another query: what is there stays until the new is loaded.
export function open(main, page, where, same) {
  const before = current;
  before?.close();
  current = new View(main, page, where);
  if (same && before) Object.assign(current.ctx, { state: before.ctx.state, data: before.ctx.data });
  current.start();
  return current;
}

// opened is the view that is shown.
export function opened() { return current; }

class View {
  constructor(main, page, where) {
    this.main = main;
    this.page = page;
    this.abort = new AbortController();
    this.asOf = 0;
    this.stale = "";
    this.ctx = {
      ...where, state: {}, data: null, signal: this.abort.signal,
      get: async (to, query) => {
        const answer = await get(to, query, this.abort.signal);
        if (answer.stale) this.stale = answer.stale;
        return answer.data;
      },
      // maybe reads what a page can do without, and returns the Problem in its place.
      maybe: async (to, query) => {
        try { return await this.ctx.get(to, query); } catch (error) {
          if (!(error instanceof Problem) || error.status === 401) throw error;
          return error;
        }
      },
      redraw: () => this.draw(),
      reload: () => this.load(),
      // until calls fn when the page is left.
      until: fn => this.abort.signal.addEventListener("abort", fn),
    };
  }

  start() {
    this.draw();
    this.load();
    const names = this.page.events;
    if (names) this.ctx.until(hear(name => { if (name === "gap" || names.includes(name) || names.includes("*")) this.soon(); }));
    const wake = () => { if (!document.hidden && this.late) this.load(); };
    document.addEventListener("visibilitychange", wake);
    this.ctx.until(() => document.removeEventListener("visibilitychange", wake));
    const tick = setInterval(() => this.mark(), 1000);
    this.ctx.until(() => clearInterval(tick));
  }

  close() {
    this.abort.abort();
    clearTimeout(this.timer);
    clearTimeout(this.poked);
  }

  // soon loads again, once for many events that come together.
  soon() {
    if (!this.poked) this.poked = setTimeout(() => { this.poked = 0; this.load(); }, 250);
  }

  async load() {
    if (this.loading) { this.again = true; return; }
    clearTimeout(this.timer);
    this.timer = 0;
    if (document.hidden && this.asOf) { this.late = true; return; }
    this.loading = true;
    this.late = false;
    const stale = this.stale;
    this.stale = "";
    try {
      this.ctx.data = await this.page.load(this.ctx);
      this.failed = null;
      this.asOf = Date.now();
    } catch (error) {
      if (this.abort.signal.aborted) return;
      if (!(error instanceof Problem)) console.error(error);
      this.failed = error;
      this.stale = stale;
    } finally {
      this.loading = false;
    }
    if (this.abort.signal.aborted) return;
    this.draw();
    if (this.again) { this.again = false; return this.load(); }
    const retry = this.failed && (!(this.failed instanceof Problem) || this.failed.outcome !== "rejected");
    const every = retry ? 1500 : this.page.every;
    if (every && this.failed?.status !== 401) this.timer = setTimeout(() => this.load(), every);
  }

  draw() {
    const { page, ctx } = this;
    const title = typeof page.title === "function" ? page.title(ctx) : page.title;
    document.title = title + " · Aion";
    let body;
    try {
      if (ctx.data !== null) {
        body = page.render(ctx.data, ctx);
        if (!performance.getEntriesByName("shown").length) performance.mark("shown"); // the tour tells how long the first page took
      }
      else if (this.failed) body = h("section", { key: "failed" }, h("h1", {}, title), problem(this.failed));
      else body = h("section", { key: "loading", "aria-busy": "true" }, h("h1", {}, title), h("p.dim", {}, page.waits || "Loading."));
    } catch (error) {
      console.error(error);
      body = h("section", { key: "broken" }, h("h1", {}, title), problem(error));
    }
    const line = ctx.data !== null && page.command ? page.command(ctx.data, ctx) : "";
    fill(this.main, h("div.strip", { id: "strip", role: "status", key: "strip" }, this.strip()), h("div.page", { key: "page " + page.name }, body), line && commandLine(line));
  }

  // strip says how old the page is, if it is.
  strip() {
    if (this.ctx.data === null || !this.asOf) return null;
    if (this.failed) return h("p.warn", {}, "Stale: as of " + clock(this.asOf) + ". " + (this.failed.title || "The page could not be loaded again") + (this.failed.outcome === "rejected" ? "." : "; trying again."));
    if (this.stale) return h("p.warn", {}, this.stale === "never" ? "Stale: this node has not heard from a leader. It shows what it has." : "Stale: no leader for " + this.stale + ". This node shows what it has.");
    return null;
  }

  mark() {
    const strip = document.getElementById("strip");
    if (strip) patch(strip, h("div.strip", { id: "strip", role: "status", key: "strip" }, this.strip()));
  }
}
