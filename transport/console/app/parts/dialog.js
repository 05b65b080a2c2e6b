// dialog asks before something is done: it names what is affected, shows the command line and the
// request id, and afterwards what became of it.

import { change, requestId, Problem } from "../api.js";
import { h, patch } from "../h.js";
import { opened } from "../view.js";
import { commandLine } from "./command.js";
import { problem } from "./problem.js";
import { fields, values } from "./form.js";

// act opens a dialog for one change:
//
//   title     what is done, in the imperative
//   affects   a text or elements: what it does to whom, and what it does not
//   fields    of a form: see form.js
//   call      values => {method, to, query?, body?, raw?}
//   command   values => the command line
//   verb      of the button; danger marks it
//   done      (answer, values) => an element, or an address to go to
//   preview   {verb, call, show}: what would happen, asked by another button
export function act(spec) {
  const id = requestId();
  const state = { busy: false, note: "", problem: null, answer: null, preview: null, values: {} };
  const node = h("dialog", { "aria-labelledby": "dialog-title", onclose: () => node.remove(), oncancel: e => { if (state.busy) e.preventDefault(); } });
  const draw = () => patch(inside, content());
  const read = () => values(spec.fields || [], inside);
  const inside = h("form", { onsubmit: e => { e.preventDefault(); run(); } });

  async function run(preview) {
    if (state.busy || state.answer) return;
    let input;
    try { input = read(); } catch (error) { state.problem = new Problem({ code: "invalid_input", title: "Something is missing", detail: error.message }); return draw(); }
    Object.assign(state, { busy: true, problem: null, note: preview ? "Asking." : "Sent; waiting for the answer.", preview: preview ? null : state.preview });
    draw();
    try {
      const call = (preview ? spec.preview.call : spec.call)(input);
      const answer = await (call.run ? call.run() : change(call.method, call.to, { ...call, id: preview ? requestId() : id, waiting: p => { state.note = p.title + ". Asking again under the same request id."; draw(); } }));
      if (preview) state.preview = spec.preview.show(answer, input);
      else {
        const to = spec.done?.(answer, input) ?? h("p", {}, "Done" + (answer.index ? ", at index " + answer.index : "") + ".");
        if (typeof to === "string") { node.close(); spec.go(to); return; }
        state.answer = to;
        opened()?.load();
      }
    } catch (error) {
      state.problem = error;
    }
    state.busy = false;
    state.note = "";
    draw();
  }

  function content() {
    return h("form", { onsubmit: e => { e.preventDefault(); run(); } },
      h("h2", { id: "dialog-title" }, spec.title),
      state.answer ? h("div.answer", { key: "answer", role: "status" }, state.answer) : h("div", { key: "ask" },
        h("div.affects", {}, typeof spec.affects === "string" ? h("p", {}, spec.affects) : spec.affects),
        fields(spec.fields || [], draw)),
      state.preview && h("div.preview", { key: "preview", role: "status" }, state.preview),
      state.problem && h("div", { key: "problem" }, problem(state.problem)),
      h("p.note", { key: "note", role: "status" }, state.note),
      !state.answer && spec.command && commandLine(safely(() => spec.command(read()))),
      h("p.request", { key: "request" }, h("span.dim", {}, "request id "), h("code", {}, id)),
      h("div.buttons", { key: "buttons" },
        h("button", { type: "button", onclick: () => node.close(), disabled: state.busy }, state.answer ? "Close" : "Do nothing"),
        !state.answer && spec.preview && h("button", { type: "button", onclick: () => run(true), disabled: state.busy }, spec.preview.verb),
        !state.answer && h("button.primary", { type: "submit", class: spec.danger ? "danger" : "", disabled: state.busy }, state.problem?.outcome === "unknown" ? "Ask again" : spec.verb || spec.title)));
  }

  inside.oninput = draw;
  node.append(inside);
  document.body.append(node);
  draw();
  draw(); // the command line, of fields that are there now
  node.showModal();
  (inside.querySelector("input, textarea, select") || inside.querySelector(".buttons button")).focus();
  return node;
}

function safely(fn) { try { return fn(); } catch { return ""; } }

// say opens a dialog that only shows something.
export function say(title, body) {
  const node = h("dialog", { "aria-labelledby": "dialog-title", onclose: () => node.remove() }, h("form", { method: "dialog" }, h("h2", { id: "dialog-title" }, title), body, h("div.buttons", {}, h("button.primary", {}, "Close"))));
  document.body.append(node);
  node.showModal();
  return node;
}
