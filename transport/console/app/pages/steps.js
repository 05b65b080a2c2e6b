// steps adds up a history: what each activity, timer, child, signal and update was, from when to
// when, in which attempts, and how it ended.

import { goDuration } from "../parts/time.js";
import { words } from "../parts/text.js";

// steps returns one step for each thing that happened, in the order in which they began:
// {key, kind, name, events, from, to, tone, attempts, outcome, child}. to is null while it is open.
export function steps(events) {
  const all = [], byKey = new Map();
  const ms = e => new Date(e.at).getTime();
  const begin = (key, kind, name, e) => {
    const s = { key, kind, name, events: [e], from: ms(e), to: null, tone: "run", attempts: [], outcome: "", input: e.data.input ?? e.data.args ?? e.data.payload };
    all.push(s);
    byKey.set(key, s);
    return s;
  };
  const end = (key, e, tone, outcome) => {
    const s = byKey.get(key);
    if (!s) return point(e);
    s.events.push(e);
    s.to = ms(e);
    s.tone = tone;
    s.outcome = outcome;
    const last = s.attempts.at(-1);
    if (last && last.to === null) Object.assign(last, { to: s.to, tone });
    return s;
  };
  const point = (e, kind = "run", name = words(e.type), tone = "off") => {
    const s = begin(kind + e.seq, kind, name, e);
    return Object.assign(s, { to: s.from, tone, point: true });
  };
  for (const e of events) {
    const d = e.data || {};
    switch (e.type) {
      case "ActivityScheduled": begin("id" + d.id, "activity", d.activity, e); break;
      case "ActivityStarted": {
        const s = byKey.get("id" + d.id);
        if (!s) break;
        s.events.push(e);
        const last = s.attempts.at(-1);
        if (last && last.to === null) Object.assign(last, { to: ms(e), tone: "bad", failure: d.last_failure });
        s.attempts.push({ n: d.attempt, worker: d.worker, from: ms(e), to: null, tone: "run" });
        break;
      }
      case "ActivityCompleted": end("id" + d.id, e, "ok", "completed"); break;
      case "ActivityFailed": end("id" + d.id, e, "bad", "failed: " + (d.error?.kind || "")); break;
      case "ActivityCancelled": end("id" + d.id, e, "off", "cancelled"); break;
      case "TimerStarted": Object.assign(begin("id" + d.id, d.signal ? "limit" : "timer", d.signal ? "of signal " + d.signal + ", " + d.duration : d.duration, e), { due: d.fire_at ? new Date(d.fire_at).getTime() : ms(e) + goDuration(d.duration) }); break;
      case "TimerFired": end("id" + d.id, e, "ok", "fired"); break;
      case "TimerCancelled": end("id" + d.id, e, "off", "cancelled"); break;
      case "ChildWorkflowStarted": begin("id" + d.id, "child", d.workflow_type, e).child = { workflow_id: d.workflow_id, run_id: d.run_id, workflow_type: d.workflow_type, version: d.version }; break;
      case "ChildWorkflowCompleted": end("id" + d.id, e, "ok", "completed"); break;
      case "ChildWorkflowFailed": end("id" + d.id, e, "bad", "failed: " + (d.error?.kind || "")); break;
      case "ChildWorkflowCancelled": end("id" + d.id, e, "off", "cancelled"); break;
      case "ActivityCancelRequested": case "ChildWorkflowCancelRequested": byKey.get("id" + d.id)?.events.push(e); break;
      case "UpdateAccepted": begin("update" + d.update_id, "update", d.name, e); break;
      case "UpdateCompleted": end("update" + d.update_id, e, d.error ? "bad" : "ok", d.error ? "failed: " + d.error.kind : "answered"); break;
      case "SignalReceived": point(e, "signal", d.name, "ok"); break;
      case "SignalSent": point(e, "sent", d.name + " to " + d.workflow_id, d.error ? "bad" : "ok"); break;
      case "CancelSent": point(e, "asked", d.workflow_id, d.error ? "bad" : "ok"); break;
      case "ResultAwaited": begin("id" + d.id, "result", d.workflow_id, e).child = d.run_id && { workflow_id: d.workflow_id, run_id: d.run_id }; break;
      case "ResultReceived": end("id" + d.id, e, d.error ? "bad" : "ok", d.error ? "failed: " + d.error.kind : "completed"); break;
      case "AwaitCancelled": end("id" + d.id, e, "off", "cancelled"); break;
      case "WorkflowPaused": begin("pause", "pause", d.quarantined ? "quarantined" : d.stopped ? "stopped" : "paused", e).tone = "warn"; break;
      case "WorkflowResumed": end("pause", e, "warn", "resumed"); break;
      case "WorkflowFailed": case "WorkflowTimedOut": point(e, "run", undefined, "bad"); break;
      case "WorkflowCompleted": point(e, "run", undefined, "ok"); break;
      case "WorkflowStarted": point(e, "run", d.try > 1 ? "started, try " + d.try : d.continued_from ? "started, continues a run" : "started"); break;
      case "WorkflowBegan": point(e, "run", "begun: the delay is over", "ok"); break;
      case "WorkflowReopened": point(e, "run", "reopened", "warn"); break;
      case "WorkflowMoved": point(e, "run", "moved to " + String(d.to).slice(0, 12), "warn"); break;
      case "WorkflowContinuedAsNew": point(e, "run", "continued as new", "ok"); break;
      case "ParentReset": point(e, "run", "its parent was reset", "warn"); break;
      case "CancelRequested": point(e, "run", "asked to end" + (d.reason ? ": " + d.reason : ""), "warn"); break;
      case "AttributesUpdated": point(e, "run", "attributes " + Object.keys(d.attributes || {}).join(", ")); break;
      case "WorkflowReset": point(e, "run", (d.fork ? "copied from " : "reset from ") + d.of_workflow_id + " at turn " + d.turn, "warn"); break;
      default: point(e);
    }
  }
  return all;
}

const what = { run: "", activity: "activity", timer: "timer", limit: "time limit", child: "child", signal: "signal", sent: "signal sent", asked: "asked to end", result: "result of", update: "update", pause: "" };

// label names a step for people.
export const label = s => [what[s.kind], s.name].filter(Boolean).join(" ");

// about is what an event is about, in a line.
export function about(e) {
  const d = e.data || {};
  switch (e.type) {
    case "WorkflowReset": return (d.fork ? "copy of " : "of ") + d.of_workflow_id + ", turn " + d.turn;
    case "WorkflowMoved": return "to " + String(d.to).slice(0, 12);
    case "WorkflowPaused": return d.quarantined ? "quarantined" : d.stopped ? "stopped: " + (d.reason || "") : d.reason || "";
    case "WorkflowStarted": return d.try > 1 ? "try " + d.try : "";
    case "ActivityScheduled": return d.activity + " #" + d.id;
    case "SignalReceived": case "SignalSent": case "UpdateAccepted": return d.name;
    case "ChildWorkflowStarted": return d.workflow_type + " #" + d.id;
    case "CancelSent": return d.workflow_id;
    case "ResultAwaited": return d.workflow_id + " #" + d.id;
    case "TimerStarted": return d.duration + " #" + d.id;
    default: return d.id !== undefined ? "#" + d.id : "";
  }
}
