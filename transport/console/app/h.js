// h makes elements and text nodes, and nothing else. All pages are made of it, so what workflows
// and callers wrote is text wherever it is shown, and never markup.

// h("a.id", {href: to}, "text") makes an element. Props: on* are handlers, vars are custom
// properties of CSS, key names the element among its siblings for patch, everything else is an
// attribute; null and false leave one out. Children are nodes, texts and lists of them.
export function h(tag, props, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [k, v] of Object.entries(props || {})) set(node, k, v);
  append(node, children);
  return node;
}

function set(node, name, value) {
  if (value == null || value === false) return;
  if (name === "key") node.key = String(value);
  else if (name === "hold") node.hold = value; // patch leaves the inside alone while this is the same
  else if (name === "vars") for (const [k, v] of Object.entries(value)) node.style.setProperty("--" + k, v);
  else if (name.startsWith("on")) {
    if (typeof value !== "function") throw new TypeError(name + " takes a function");
    node[name] = value;
    (node.handlers ??= new Set()).add(name);
  } else if (name === "class") node.className = [node.className, value].filter(Boolean).join(" ");
  else if (name === "value") node.value = node.initial = value;
  else if (name === "checked" || name === "selected" || name === "disabled" || name === "open") node[name] = true;
  else if (name === "href") node.setAttribute("href", ownAddress(value));
  else if (["srcdoc", "src", "action", "formaction", "style"].includes(name)) throw new TypeError(name + " is not for pages");
  else node.setAttribute(name, value === true ? "" : value);
}

// ownAddress refuses addresses that lead elsewhere, such as javascript: ones.
function ownAddress(href) {
  if (!/^(\/(?!\/)|#)/.test(href)) throw new TypeError("a link leads to " + href);
  return href;
}

function append(node, children) {
  for (const child of children) {
    if (child == null || child === false || child === "") continue;
    if (Array.isArray(child)) append(node, child);
    else node.append(child); // strings become text nodes
  }
}

// patch makes the element have look like want, and keeps everything that is the same: focus,
// selection, scroll positions and what somebody is typing stay.
export function patch(have, want) {
  if (have === want) return have;
  if (have.nodeName !== want.nodeName || have.key !== want.key) {
    have.replaceWith(want);
    return want;
  }
  if (have.nodeType === Node.TEXT_NODE) {
    if (have.data !== want.data) have.data = want.data;
    return have;
  }
  attributes(have, want);
  if (have.hold === undefined || have.hold !== want.hold) children(have, want);
  have.hold = want.hold;
  have.onpatched?.(); // of those that depend on where they are scrolled to
  return have;
}

// fill makes the inside of an element look like a list of children, as patch does.
export const fill = (node, ...list) => children(node, h("div", {}, list));

function attributes(have, want) {
  for (const { name } of [...have.attributes]) {
    if (!want.hasAttribute(name) && name !== "open" && name !== "style") have.removeAttribute(name);
  }
  for (const { name, value } of want.attributes) {
    if (name !== "style" && name !== "open" && have.getAttribute(name) !== value) have.setAttribute(name, value); // whoever reads folds details
  }
  for (const name of [...have.style]) if (!want.style.getPropertyValue(name)) have.style.removeProperty(name);
  for (const name of want.style) have.style.setProperty(name, want.style.getPropertyValue(name));
  for (const name of have.handlers || []) if (!want.handlers?.has(name)) have[name] = null;
  for (const name of want.handlers || []) have[name] = want[name];
  have.handlers = want.handlers;
  if ("disabled" in have) have.disabled = want.disabled;
  if (have.type === "checkbox" || have.type === "radio") have.checked = want.checked;
  else if (want.initial !== undefined && want.initial !== have.initial) have.value = want.initial; // it was changed by code, not by somebody typing
  have.initial = want.initial;
}

function children(have, want) {
  const keyed = new Map(), rest = [];
  for (const child of have.childNodes) child.key === undefined ? rest.push(child) : keyed.set(child.key, child);
  const list = [...want.childNodes].map(next => {
    const old = next.key === undefined ? rest.shift() : keyed.get(next.key);
    keyed.delete(next.key);
    return old && old.nodeName === next.nodeName ? patch(old, next) : next;
  });
  const stay = new Set(list);
  for (const child of [...have.childNodes]) if (!stay.has(child)) child.remove();
  let at = have.firstChild;
  for (const node of list) {
    if (node === at) at = at.nextSibling;
    else have.insertBefore(node, at);
  }
}
