// commandLine shows the command of aion-node that does the same, to copy.

import { h } from "../h.js";
import { copy } from "./copy.js";
import { visible } from "./names.js";

export const commandLine = line => h("footer.command", { key: "command", "aria-label": "The same on the command line" }, h("span.dim", { "aria-hidden": "true" }, "$"), h("code", {}, visible(line)), copy(line, "Copy the command"));
