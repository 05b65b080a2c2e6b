// live follows the cluster's events. A stream that breaks is resumed after the last event that came,
// on whichever node answers, so that none is missed; pages hear of events by name.

import { stream, Problem } from "./api.js";
import { session, can } from "./session.js";

const ears = new Set();
export const live = { state: "off", last: "" }; // off, connecting, live, broken
let running = null;
let tell = () => {};

// hear calls fn(name, data) for each event until the function that it returns is called. After a
// gap in which events were lost the name is "gap".
export function hear(fn) {
  ears.add(fn);
  return () => ears.delete(fn);
}

// onState calls fn when the state of the stream changes.
export function onState(fn) { tell = fn; }

// begin starts to follow, again after somebody has signed in, or the namespace has changed.
export function begin() {
  live.last = "";
  again();
}

function again() {
  running?.abort();
  running = new AbortController();
  if (!can("read")) return enter("off");
  if (!document.hidden) follow(running.signal);
}

// A browser has six connections to a node on plain HTTP, for all tabs together: one that nobody sees
// gives its stream up, and resumes it later.
document.addEventListener("visibilitychange", () => {
  if (session.needed) return;
  document.hidden ? running?.abort() : again();
});

function enter(state) {
  if (live.state === state) return;
  live.state = state;
  tell();
}

async function follow(signal) {
  enter("connecting");
  for (let pause = 500; !signal.aborted;) {
    try {
      const body = await stream(live.last ? "/v1/events?after=" + live.last : "/v1/events", signal);
      enter("live");
      pause = 500;
      await frames(body, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429) {
        if (error.status === 401) return enter("off");
        if (error.status === 403) return enter("off");
        live.last = ""; // the events after it are gone: begin anew, and look at everything again
        for (const fn of ears) fn("gap", {});
      }
    }
    if (signal.aborted) return;
    enter("broken");
    await new Promise(done => setTimeout(done, pause));
    pause = Math.min(pause * 2, 5000);
  }
}

async function frames(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  // A node that is gone says so neither: a comment comes at least every 10 s.
  let silent = setTimeout(() => reader.cancel(), 25_000);
  try {
    while (!signal.aborted) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(silent);
      silent = setTimeout(() => reader.cancel(), 25_000);
      rest += value;
      let end;
      while ((end = rest.indexOf("\n\n")) >= 0) {
        frame(rest.slice(0, end));
        rest = rest.slice(end + 2);
      }
    }
  } finally {
    clearTimeout(silent);
  }
}

function frame(text) {
  let name = "", data = "";
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const field = line.slice(0, colon), value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") live.last = value;
    if (field === "event") name = value;
    if (field === "data") data += value;
  }
  if (!name) return;
  let parsed = {};
  try { parsed = JSON.parse(data); } catch { return; }
  for (const fn of ears) fn(name, parsed);
}
