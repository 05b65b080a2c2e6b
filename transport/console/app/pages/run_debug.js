// run_debug goes through a run turn by turn: what the turn had seen, what its code asked for, where
// the code waited then, with its variables, and the source beside it, if the version carries it. A node replays the run for
// this; nothing happens to it.

import { get, path, text } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { source } from "../parts/diff.js";
import { line, json } from "../parts/json.js";
import { runAddress, visible } from "../parts/names.js";
import { problem } from "../parts/problem.js";
import { pairs } from "../parts/table.js";
import { count, short, words } from "../parts/text.js";
import { when } from "../parts/time.js";
import { go } from "../router.js";

const page = 20; // turns that are asked for at a time

export const debug = {
  command: (r, ctx, flag) => command("debug", r.workflow_id, flag, ["--on", ctx.query.get("on")], ["--turn", ctx.state.turn]),
  open: (ctx, r) => {
    const on = ctx.query.get("on") || "";
    Object.assign(ctx.state, { turns: new Map(), turn: Number(ctx.query.get("turn")) || 1, frame: null, code: ctx.state.codeOf === on && ctx.state.code || {}, codeOf: on });
    ctx.maybe("/v1/versions", { type: r.workflow_type }).then(d => { ctx.state.others = (d.versions || []).filter(v => v.version !== r.version); ctx.redraw(); }, () => {});
    need(ctx, r);
  },
  step: (ctx, by) => move(ctx, ctx.data.r, ctx.state.turn + by),
  render: ({ r }, ctx) => {
    const s = ctx.state, t = s.turns?.get(s.turn);
    if (!t) return s.trouble ? problem(s.trouble) : h("p.dim", { "aria-busy": "true" }, "Replaying the run.");
    const frames = t.stacks.flatMap(stack => stack.frames.map((f, i) => ({ ...f, stack: stack.name, inner: i === stack.frames.length - 1 })));
    const chosen = frames[s.frame ?? frames.length - 1];
    const step = (n, name, off) => h("button", { type: "button", disabled: off, onclick: () => move(ctx, r, n) }, name);
    return h("div", {},
      h("div.controls.actions", { role: "group", "aria-label": "Turns" }, step(1, "First", s.turn === 1), step(s.turn - 1, "Back", s.turn === 1), step(s.turn + 1, "Next", s.turn >= s.total), step(s.total, "Last", s.turn >= s.total),
        h("label", {}, "turn ", h("input", { type: "number", min: 1, max: s.total, value: String(s.turn), onchange: e => move(ctx, r, Number(e.currentTarget.value)) }), " of " + count(s.total)), onVersion(ctx, r),
        h("span.dim", { role: "status" }, when(t.at, { exact: true }), ", through event " + count(t.through), s.busy ? ", reading" : "")),
      s.trouble && problem(s.trouble), t.void && h("p.warn", {}, "A reopening made this turn void: the code is not shown it."), t.problem && h("div.problem", {}, h("p", {}, h("strong", {}, "The code does not follow the record"), " ", h("pre", {}, visible(t.problem)))),
      h("div.debug", { key: "debug" },
        h("div", {}, h("h2", {}, "Code"), t.ended ? h("p.dim", {}, "The code has ended.") : frames.length === 0 && !t.problem ? h("p.dim", {}, "No part of the code waits.") : null,
          frames.map((f, i) => h("p", { key: i }, h("button.plain", { type: "button", "aria-pressed": String(f.at === chosen?.at && f.stack === chosen?.stack), onclick: () => { s.frame = i; fetchCode(ctx, r, f); ctx.redraw(); } }, f.at), h("span.dim", {}, " in " + f.function + (f.stack ? ", " + f.stack : "") + (f.inner ? ", waits here" : "")))),
          chosen && code(ctx, chosen),
          chosen?.locals.length > 0 && [h("h2", {}, "Variables of " + chosen.function), pairs(chosen.locals.map(l => [l.name, h("code", {}, visible(l.value))]))]),
        h("div", {}, h("h2", {}, "It had seen"), events(t.seen, "Nothing new."), h("h2", {}, "It asked for"), events(t.asked, "Nothing."))));
  },
};

// onVersion chooses whose code the run is replayed on.
function onVersion(ctx, r) {
  const on = ctx.query.get("on") || "", others = ctx.state.others || [];
  if (!others.length && !on) return null;
  const named = others.some(v => v.version === on) || !on ? others : [...others, { version: on, state: "" }];
  return h("label", {}, "on ", h("select", { value: on, onchange: e => go(runAddress(r.workflow_id, r.run_id, { tab: "debug", on: e.currentTarget.value })) },
    h("option", { value: "", selected: !on }, "its own version"), named.map(v => h("option", { value: v.version, selected: v.version === on }, short(v.version) + " " + words(v.state || "")))));
}

function events(list, none) {
  if (!list.length) return h("p.dim", {}, none);
  return list.map(e => h("details", { key: e.seq }, h("summary", {}, h("span.dim", {}, e.seq + " "), words(e.type), h("code.dim", {}, " " + line(e.data, 60))), json(e.data)));
}

function code(ctx, frame) {
  const [module, at] = frame.at.split(":");
  const text = ctx.state.code[module];
  if (typeof text === "string") {
    const all = text.split("\n"), n = Number(at), from = Math.max(0, n - 12);
    const box = source(all.slice(from, n + 12).join("\n"), n - from, "Source of " + module);
    box.querySelectorAll(".no").forEach((no, i) => { no.textContent = String(from + i + 1); });
    return box;
  }
  if (frame.source) return h("pre", {}, visible(frame.source));
  return text === undefined ? null : h("p.dim", {}, "The version carries no source of ", h("code", {}, module), ": what was compiled stays with its author. ", h("code", {}, "aion-node debug --on DIR"), " shows its lines from the project.");
}

async function fetchCode(ctx, r, frame) {
  const s = ctx.state, module = frame?.at.split(":")[0];
  if (!module || s.code[module] !== undefined) return;
  s.code[module] = null;
  try { s.code[module] = await text(path`/v1/versions/${r.workflow_type}/${ctx.query.get("on") || r.version}/modules/${module}`, ctx.signal); } catch { return; } // the line that came along is shown
  ctx.redraw();
}

function move(ctx, r, n) {
  const s = ctx.state;
  if (!s.total || n < 1 || n > s.total || !Number.isInteger(n)) return;
  Object.assign(s, { turn: n, frame: null });
  need(ctx, r);
}

// need makes sure that the turn that is shown is there.
async function need(ctx, r) {
  const s = ctx.state;
  if (!s.turns.has(s.turn) && !s.busy) {
    s.busy = true;
    const from = Math.max(1, s.turn - (s.turns.has(s.turn + 1) ? page - 1 : 0)); // going back reads what comes before
    try {
      const { data } = await get(path`/v1/workflows/${r.workflow_id}/turns`, { run_id: r.run_id, on: ctx.query.get("on"), from, limit: page }, ctx.signal);
      for (const t of data.turns) s.turns.set(t.turn, t);
      s.total = data.total;
      s.trouble = data.total ? null : { code: "invalid_state", title: "Nothing to go through", detail: "The run has taken no turn yet.", facts: {} };
      if (s.turn > s.total && s.total) s.turn = s.total;
    } catch (error) {
      if (ctx.signal.aborted) return;
      s.trouble = error;
    }
    s.busy = false;
  }
  const t = s.turns.get(s.turn);
  fetchCode(ctx, r, t?.stacks.flatMap(x => x.frames).at(-1));
  ctx.redraw();
  if (!t && !s.trouble) need(ctx, r);
}
