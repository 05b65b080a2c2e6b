// frame is what stands around every page: where one is, which cluster it is, and who reads.

import { h } from "./h.js";
import { live } from "./live.js";
import { go, link } from "./router.js";
import { session, signOut, expiresIn, can } from "./session.js";
import { places } from "./places.js";
import { id } from "./parts/names.js";
import { palette } from "./parts/palette.js";
import { span } from "./parts/time.js";

// frame takes what main knows of the cluster, and where the reader is.
export function frame(shell, where) {
  return [
    h("a.skip", { href: "#main", key: "skip" }, "To the page"),
    h("header.top", { key: "top" },
      h("a.brand", { href: link("/console") }, "Aion"),
      h("div.cluster", { role: "status" }, cluster(shell)),
      namespaces(shell),
      h("button.find", { type: "button", onclick: () => palette(), "aria-keyshortcuts": "Control+K" }, "Find or do", h("kbd", { "aria-hidden": "true" }, "Ctrl K")),
      themes(),
      who()),
    outage(shell, where),
    h("nav.side", { key: "side", "aria-label": "Console" }, h("ul", {}, places.filter(([to]) => to !== "/console/tokens" || can("admin")).map(([to, name]) => h("li", { key: to }, h("a", { href: link(to), "aria-current": at(where.path, to) ? "page" : null }, name))))),
    h("main", { id: "main", tabindex: "-1", key: "main", hold: "page" }),
  ];
}

const at = (path, to) => path === to || to !== "/console" && path.startsWith(to + "/") || to === "/console/runs" && path === "/console/compare";

function cluster({ cluster, failed }) {
  if (session.needed) return h("span.dim", {}, location.host);
  if (failed && failed.status === 0) {
    return [h("span.dot.bad", { "aria-hidden": "true" }), location.host + " does not answer; it is asked again"];
  }
  if (!cluster) return h("span.dim", {}, "connecting");
  const words = { live: "live", connecting: "connecting", broken: "resuming", off: "not live" }[live.state];
  const tone = !cluster.leader ? "bad" : live.state === "broken" ? "warn" : cluster.healthy ? "ok" : "warn";
  return [h("span.dot", { class: tone, "aria-hidden": "true" }), cluster.leader ? cluster.leader + " leads" : "no leader", h("span.dim", {}, " via " + cluster.node + ", " + words)];
}

// outage says where the cluster can be seen while the node that served this page does not answer. A
// page cannot go on at another address, where nobody knows its token: somebody has to open it there.
function outage({ cluster, failed }, where) {
  if (session.needed || !failed || failed.status !== 0) return null;
  const others = (cluster?.members || []).filter(m => m.id !== cluster.node && m.http_address);
  const there = m => location.protocol + "//" + m.http_address + where.path + (where.query.size ? "?" + where.query : ""); // a text: links lead nowhere else
  return h("p.outage.warn", { key: "outage", role: "alert" }, "The node that served this page does not answer. It goes on by itself when the node is back. ",
    others.length ? ["Open the same page at another node, and sign in there again: ", others.map((m, i) => [i ? ", " : "", m.id + ": ", id(there(m))]), "."] : "Open the console at another node of the cluster, if it has one.");
}

function namespaces({ namespaces }) {
  const names = [...new Set(["default", ...namespaces.map(n => n.name), ...(session.namespace ? [session.namespace] : [])])];
  if (names.length < 2) return null;
  return h("label.space", {}, h("span.dim", {}, "namespace"), h("select", { value: session.namespace || "default", onchange: e => go(e.currentTarget.value === "default" ? "/console" : "/console?ns=" + encodeURIComponent(e.currentTarget.value)) }, names.map(n => h("option", { value: n, selected: n === (session.namespace || "default") }, n))));
}

function who() {
  if (session.needed || !session.self) return null;
  if (session.self.kind === "none") return h("span.who.dim", { title: "There are no tokens: everybody on this machine may do everything" }, "open to this machine");
  const left = expiresIn();
  return h("span.who", {}, h("span", { title: session.self.token.grants.join("\n") }, session.self.token.name),
    left < Infinity && h("span", { class: left < 600_000 ? "warn" : "dim" }, left > 0 ? " expires in " + span(left) : " has expired"),
    h("button.plain", { type: "button", onclick: () => signOut() }, "Sign out"));
}

// The theme is the machine's, unless somebody wants the other one in this tab's browser.
const themesThere = ["auto", "light", "dark"];
let theme = localStorage.getItem("aion.theme") || "auto";
apply();

function apply() {
  document.documentElement.dataset.theme = themesThere.includes(theme) ? theme : "auto";
}

export function setTheme(name) {
  theme = name;
  localStorage.setItem("aion.theme", name);
  apply();
}

function themes() {
  return h("label.theme", {}, h("span.offscreen", {}, "Colours"), h("select", { onchange: e => setTheme(e.currentTarget.value) }, themesThere.map(t => h("option", { value: t, selected: t === theme }, { auto: "Auto", light: "Light", dark: "Dark" }[t]))));
}
