// router says which page an address means. All addresses begin with /console, so that a reload, a
// bookmark and a link that somebody sends lead to the same page.

import { address } from "./api.js";
import { session } from "./session.js";

const routes = []; // of [pattern, name]
let arrive = () => {};

// route names the page of a pattern such as /console/runs/:id.
export function route(pattern, page) {
  const names = [];
  const regex = new RegExp("^" + pattern.replace(/:(\w+)/g, (_, name) => (names.push(name), "([^/]+)")) + "/?$");
  routes.push({ regex, names, page });
}

// here is the page that the present address means, with params and query.
export function here() {
  const path = location.pathname === "/" ? "/console" : location.pathname;
  const query = new URLSearchParams(location.search);
  for (const { regex, names, page } of routes) {
    const m = regex.exec(path);
    if (m) return { page, params: Object.fromEntries(names.map((n, i) => [n, decode(m[i + 1])])), query, path };
  }
  return { page: null, params: {}, query, path };
}

function decode(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

// link is the address of a page: of the namespace that is shown, unless the query names another.
export function link(to, query = {}) { return address(to, session.namespace && query.ns === undefined ? { ...query, ns: session.namespace } : query); }

// go opens an address of the console; with replace, in place of the present one.
export function go(to, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", to);
  arrive(replace);
}

// listen calls fn at each arrival, and takes over clicks on links to pages of the console.
export function listen(fn) {
  arrive = fn;
  addEventListener("popstate", () => fn(false));
  document.addEventListener("click", event => {
    const a = event.target.closest?.("a[href]");
    if (!a || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || a.hasAttribute("download")) return;
    const to = new URL(a.href);
    if (to.origin !== location.origin || !/^\/(console($|[/?]))?$/.test(to.pathname) && !to.pathname.startsWith("/console")) return;
    if (to.pathname.startsWith("/console/app/") || a.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    go(to.pathname + to.search);
  });
}
