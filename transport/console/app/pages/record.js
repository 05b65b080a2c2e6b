// record loads the history of a run, and goes on while the run is open. It keeps what it has in the
// state of the page: events, done, failed.

import { Problem, get, path } from "../api.js";

const page = 1000;
export const most = 50_000; // events that a page keeps

// follow begins to load; it is asked again and again and does so once.
export function follow(ctx, r) {
  const s = ctx.state;
  if (s.record) return;
  const record = s.record = { events: [], next: 1, whole: false, failed: null, withheld: false };
  (async () => {
    let pause = 1000;
    while (!ctx.signal.aborted && record.next && record.events.length < most) {
      try {
        await seen(ctx.signal);
        const waits = record.events.length >= r.events;
        const { data } = await get(path`/v1/workflows/${r.workflow_id}/history`, { run_id: r.run_id, from: record.next, limit: page, wait: waits ? "25s" : "" }, ctx.signal);
        record.failed = null;
        pause = 1000;
        record.withheld = !!data.payload_withheld;
        const before = record.events.length;
        record.events.push(...data.events);
        record.next = data.next || 0;
        record.whole = !record.next || data.events.length < page;
        if (record.events.length !== before || record.whole && !record.said) { record.said = record.whole; ctx.redraw(); }
      } catch (error) {
        if (ctx.signal.aborted) return;
        record.failed = error;
        ctx.redraw();
        if (error instanceof Problem && error.outcome === "rejected") return;
        await new Promise(done => setTimeout(done, pause));
        pause = Math.min(2 * pause, 8000);
      }
    }
  })();
}

// seen waits until somebody sees the page: a wait holds a connection, and a browser has few.
export const seen = signal => document.hidden && new Promise(done => {
  const look = () => { if (!document.hidden || signal.aborted) { document.removeEventListener("visibilitychange", look); done(); } };
  document.addEventListener("visibilitychange", look);
  signal.addEventListener("abort", look);
});
