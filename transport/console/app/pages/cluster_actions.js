// cluster_actions are what may be done to nodes.

import { command } from "../cli.js";
import { h } from "../h.js";
import { go } from "../router.js";
import { act } from "../parts/dialog.js";
import { copy } from "../parts/copy.js";
import { allowed } from "./actions.js";

// nodeActions are those of a cluster.
export function nodeActions(c) {
  const others = c.members.filter(m => !m.leader);
  const node = (options, more = []) => [{ name: "node", label: "Node", kind: "choice", options: [...more, ...options], value: more[0]?.[0] ?? options[0] }];
  const operate = (name, verb, title, affects, options, { danger, more } = {}) => options.length > 0 && allowed("operate", {}, { name, open: () => act({
    title, verb: name, danger, go, affects, fields: node(options, more), call: v => ({ method: "POST", to: "/v1/cluster/" + verb, body: { node: v.node || undefined } }), command: v => command("cluster", verb, v.node), done: a => h("p", {}, "Done: " + (a.node || "the node") + "."),
  }) });
  return [
    operate("Transfer leadership", "transfer", "Let another node lead", "Calls wait for a moment, and go on at the new leader.", others.filter(m => m.role === "voter").map(m => m.id), { more: [["", "whichever is most up to date"]] }),
    operate("Drain", "drain", "Drain a node", "It takes no deploys and gives leadership up, so that it can be stopped. It goes on to vote.", c.members.filter(m => !m.draining).map(m => m.id)),
    operate("Undrain", "undrain", "Take a drain back", "It takes deploys again, and may lead.", c.members.filter(m => m.draining).map(m => m.id)),
    operate("Promote", "promote", "Make a non-voter a voter", "It counts for majorities from then on.", c.members.filter(m => m.role !== "voter").map(m => m.id)),
    operate("Demote", "demote", "Take a node's vote", "It stays a member and gets no vote until it is promoted. Majorities are counted without it.", others.filter(m => m.role === "voter").map(m => m.id), { danger: true }),
    operate("Remove", "remove", "Remove a node for good", "It is no member any more. To come back it needs an empty data folder.", others.map(m => m.id), { danger: true }),
    allowed("admin", {}, { name: "Make a join token", open: () => act({
      title: "Make a token that lets a node join", verb: "Make it", go, affects: "Whoever has the token may add a node. It is shown once.", fields: [{ name: "expires", label: "Expires after", value: "1h" }],
      call: v => ({ method: "POST", to: "/v1/cluster/join-tokens", body: { expires: v.expires } }), command: v => command("cluster", "join-token", ["--expires", v.expires]), done: a => h("div", {}, h("p", {}, "It is shown this once:"), h("p", {}, h("code", {}, a.token), copy(a.token))),
    }) }),
  ].filter(Boolean);
}
