// tokens lists who may call, and makes and revokes tokens.

import { path } from "../api.js";
import { command } from "../cli.js";
import { h } from "../h.js";
import { act } from "../parts/dialog.js";
import { copy } from "../parts/copy.js";
import { status } from "../parts/names.js";
import { pager, pairs, table } from "../parts/table.js";
import { bytes, count } from "../parts/text.js";
import { when } from "../parts/time.js";
import { go, link } from "../router.js";
import { session } from "../session.js";
import { allowed, buttons } from "./actions.js";

export const tokens = {
  name: "tokens", title: "Tokens", every: 10_000,
  load: ctx => ctx.get("/v1/auth/tokens", { limit: 200, cursor: ctx.query.get("cursor") }),
  render: (d, ctx) => h("div", {},
    h("h1", {}, "Tokens"), session.self && own(session.self), buttons(tokens.actions(d, ctx)),
    table({ label: "Tokens", rows: d.tokens, key: t => t.name, empty: h("p", {}, session.self?.kind === "none" ? "There are none, so this node is open to its own machine. The first one is made there: " : "The cluster has none. Those of a node's file are not listed. The first one is made on the machine of a node: ", h("code", {}, "aion-node auth bootstrap --out root.token")), columns: [
      { name: "name", cell: t => t.name }, { name: "state", cell: t => t.expired ? status("off", "expired") : status("ok", "counts") }, { name: "grants", wide: true, cell: t => h("code", {}, t.grants.join(" ")) }, { name: "rates", cell: t => [t.rate && count(t.rate) + "/s", t.byte_rate && bytes(t.byte_rate) + "/s", t.waits && count(t.waits) + " waits"].filter(Boolean).join(", ") },
      { name: "made", cell: t => [when(t.created_at, { ago: true }), t.created_by && h("span.dim", {}, " by " + t.created_by)] }, { name: "expires", cell: t => t.expires_at ? when(t.expires_at, { ago: true }) : h("span.dim", {}, "never") },
      { name: "", cell: t => h("button", { type: "button", onclick: revoke(t).open, disabled: !!revoke(t).no }, "Revoke…") },
    ] }),
    pager({ first: ctx.query.get("cursor") && link("/console/tokens"), next: d.next_cursor && link("/console/tokens", { cursor: d.next_cursor }), shown: count(d.tokens.length), noun: "tokens" })),
  command: () => command("token", "list"),
  actions: () => [create()],
};

const own = self => self.kind === "none" ? null : pairs([["you are", self.token.name], ["known by", { file: "the node's file", token: "a token of the cluster", jwt: "a JWT", certificate: "a certificate" }[self.kind]], ["you may", h("code", {}, self.token.grants.join(" "))], self.token.expires_at && ["until", when(self.token.expires_at)]]);

const create = () => allowed("admin", {}, { name: "Make a token", open: () => act({
  title: "Make a token", verb: "Make it", go, affects: "Its secret is shown once, and nobody can show it again. What it may do never changes: other grants are another token.",
  fields: [
    { name: "name", label: "Name", required: true, hint: "The actor of what is done with it" }, { name: "grants", label: "Grants", required: true, kind: "area", rows: 3, hint: "One a line: read, payload, start, signal, work, deploy, operate or admin, each with a limit such as :type=order" },
    { name: "expires", label: "Expires after", value: "2160h", hint: "Empty: never" },
  ],
  call: v => ({ method: "POST", to: "/v1/auth/tokens", body: { name: v.name, grants: v.grants.split(/\s+/).filter(Boolean), expires: v.expires } }),
  command: v => command("token", "create", v.name || "NAME", ...(v.grants || "").split(/\s+/).filter(Boolean).map(g => ["--grant", g]), ["--expires", v.expires]),
  done: a => h("div", {}, h("p", {}, a.token.name + " was made. Its secret, this once:"), h("p", {}, h("code", {}, a.secret || "it was shown to whoever asked first"), a.secret && copy(a.secret))),
}) });

const revoke = t => allowed("admin", {}, { name: "Revoke", open: () => act({
  title: "Revoke " + t.name, verb: "Revoke", danger: true, go, affects: "No call that begins later succeeds with it, and those that wait end." + (t.name === session.self?.token.name ? " It is your own." : ""),
  call: () => ({ method: "DELETE", to: path`/v1/auth/tokens/${t.name}` }), command: () => command("token", "revoke", t.name),
}) });
