// save hands a file to whoever reads.

import { h } from "../h.js";

export function save(blob, name) {
  const a = h("a.offscreen", { download: name });
  a.setAttribute("href", URL.createObjectURL(blob)); // an address of this page's own making
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(a.getAttribute("href")), 1000);
}
