// signin asks for a token, once. It is tried before it is taken, and kept where its holder wants it.

import { whoAmI, Problem } from "../api.js";
import { h } from "../h.js";
import { session, signIn } from "../session.js";
import { problem } from "../parts/problem.js";

export const signin = {
  name: "signin", title: "Sign in",
  load: async () => ({}),
  render: (_, ctx) => h("section.signin", {},
    h("h1", {}, "Sign in"),
    session.why && h("p.warn", { role: "status" }, "The token does not count any more: " + session.why),
    h("form", { onsubmit: event => { event.preventDefault(); enter(event.currentTarget, ctx); } },
      h("label", {}, h("span", {}, "Token of this cluster"), h("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true, autofocus: true })),
      h("label.check", {}, h("input", { id: "keep", type: "checkbox" }), " Keep it for this tab, so that a reload does not ask again"),
      ctx.state.problem && problem(ctx.state.problem),
      h("div.buttons", {}, h("button.primary", { type: "submit", disabled: ctx.state.busy }, ctx.state.busy ? "Asking" : "Sign in"))),
    h("p.dim", {}, "The token goes to this node with each call and nowhere else. It is never part of an address. Whoever may do everything makes one with "), h("pre", {}, "aion-node token create NAME --grant read")),
  command: () => "aion-node token self",
};

async function enter(form, ctx) {
  const token = form.querySelector("#token").value.trim(), keep = form.querySelector("#keep").checked;
  if (!/^[\x21-\x7e]+$/.test(token)) {
    ctx.state.problem = new Problem({ code: "unauthenticated", title: "This cannot be a token", detail: token ? "A token has no spaces and only printable ASCII characters." : "It is empty." });
    return ctx.redraw();
  }
  Object.assign(ctx.state, { busy: true, problem: null });
  ctx.redraw();
  try {
    signIn(token, keep, await whoAmI(token));
  } catch (error) {
    Object.assign(ctx.state, { busy: false, problem: error });
    ctx.redraw();
    document.getElementById("token")?.select();
  }
}
