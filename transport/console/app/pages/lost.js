// lost is the page of an address that means nothing.

import { h } from "../h.js";
import { link } from "../router.js";

export const lost = {
  name: "lost", title: "No such page",
  load: async () => ({}),
  render: () => h("section", {}, h("h1", {}, "No such page"), h("p", {}, "The console has no page at this address. ", h("a", { href: link("/console") }, "The overview"), " leads to all there are.")),
};
