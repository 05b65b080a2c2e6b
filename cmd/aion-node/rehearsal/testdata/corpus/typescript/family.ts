// Children: named, asked to hurry and to end, failed, abandoned, and waited for by their id.
import { type Outcome, activities, child, info, signal, workflow } from "@aion/workflow";
import type { Number, Worker } from "./kinds";
import { release } from "./release";

const { work } = activities<Worker>();

export async function family() {
  const me = info().workflowId;
  const kids = [1, 2, 3].map((n) => child<typeof kid>("kid", { n }, { id: `${me}-${n}` }));
  workflow(`${me}-2`).signal("hurry", { by: me });
  const told = [said(await kids[0]!.outcome())];
  workflow(`${me}-3`).cancel("not needed");
  for (const k of kids.slice(1)) {
    told.push(said(await k.outcome()));
  }

  child("kid", { n: 4 }, { onParentClose: "abandon", attributes: { role: "lone" } });
  told.push(said(await child("kid", { n: -1 }).outcome()));
  const five = child<typeof kid>("kid", { n: 5 }, { id: `${me}-5`, retry: { maxAttempts: 2 } });
  return { told, five: [await workflow(`${me}-5`).result(), await five], release };
}

/** A child of family and cleanup. */
export async function kid({ n }: Number) {
  const hurry = await signal("hurry", { timeout: `${Math.abs(n)}h` });
  const out = await work({ n });
  return { hurried: hurry !== undefined, out: out.n, parent: info().parent!.workflowId };
}

function said(outcome: Outcome<unknown>): unknown {
  return outcome.ok ? outcome.value : [outcome.error.kind, outcome.error.message];
}
