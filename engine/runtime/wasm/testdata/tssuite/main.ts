// A workflow function for each case of engine/replay/runtimetest, named after it.
import { type Workflow, register } from "@aion/workflow";
import { cancellations } from "./cancellations";
import { cases } from "./cases";
import { messages } from "./messages";

for (const [name, run] of Object.entries<Workflow>({ ...cases, ...messages, ...cancellations })) {
  register({ [name.replaceAll("-", "_")]: run });
}
