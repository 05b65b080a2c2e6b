// copy is a button that copies a text whole.

import { h } from "../h.js";

export function copy(text, label = "Copy") {
  return h("button.copy", {
    type: "button", "aria-label": label + " " + text, title: label,
    onclick: async event => {
      event.preventDefault();
      event.stopPropagation();
      const button = event.currentTarget;
      await write(text);
      button.classList.add("done");
      setTimeout(() => button.classList.remove("done"), 1200);
    },
  }, h("span", { "aria-hidden": "true" }, "copy"));
}

// write also works on plain HTTP, where there is no clipboard for pages.
async function write(text) {
  if (navigator.clipboard) {
    try { return await navigator.clipboard.writeText(text); } catch { /* the way below */ }
  }
  const area = h("textarea.offscreen", { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
