import { CancellationScope, type Workflow, activity, cancelled, child, condition, info, race, settled, signal, sleep, tryAll, workflow } from "@aion/workflow";
import { failing, kind, tried } from "./kit";

/** Runs activities charge and ship, one after the other. */
const both: Workflow = async () => [await activity("charge"), await activity("ship")];

export const cancellations: { [name: string]: Workflow } = {
  "cancel-waits": both,
  "cancel-waits-for-both": both,
  "cancel-loses": both,
  "cancel-fails": both,
  "cancel-tells": async () => [await failing(activity("charge")), await failing(activity("ship")), cancelled()],
  "cancel-abandons": () => activity("charge", undefined, { onCancel: "abandon" }),
  async "cancel-ignores"() {
    await CancellationScope.nonCancellable(() => activity("charge"));
    await sleep("1h");
  },
  async "cancel-shields"() {
    const shielded = await CancellationScope.nonCancellable(() => ({ first: sleep("1h"), second: signal("a", { timeout: "2h" }), third: workflow("x").result() }));
    const last = sleep("5h");
    await shielded.first;
    const got = [await shielded.second, await shielded.third];
    const held = await CancellationScope.nonCancellable(() => CancellationScope.cancellable(() => condition(() => false, "3h")));
    return [...got, held, await failing(last)];
  },
  async "cancel-known"() {
    await activity("charge");
    return cancelled() ? activity("refund") : null;
  },
  async "cancel-known-ends"() {
    const timer = sleep("1h"), charge = activity("charge");
    activity("ship", undefined, { onCancel: "abandon" });
    await signal("a");
    const asked = cancelled();
    return [asked, (await tried(timer))[1], await charge];
  },
  async "cancel-late-signal"() {
    await activity("charge");
    const got = await signal("a").outcome();
    return got.ok ? got.value : got.error.kind;
  },
  "cancel-child": () => tried(child("kid")),
  "cancel-child-ends": () => child("kid"),
  async "cancel-child-policies"() {
    return (await settled([
      child("kid", undefined, { onCancel: "abandon" }),
      child("kid", undefined, { onCancel: "ignore" }),
      child("kid", undefined, { onParentClose: "abandon" }),
      child("kid", undefined, { onParentClose: "abandon", onCancel: "ignore" }),
    ])).map(kind);
  },
  async "race-asks"() {
    const charge = activity("charge");
    const [at] = await race([sleep("1h"), charge]);
    return [at, await charge];
  },
  async "try-all-asks"() {
    return (await tryAll([activity("charge"), activity("ship")])).map(kind);
  },
  async "give-up-asks"() {
    const charge = activity("charge");
    charge.cancel();
    charge.cancel();
    const done = charge.done;
    return [done, await failing(charge), cancelled()];
  },
  async "info-whole"() {
    const known: unknown[] = [];
    for (let n = 0; n < 2; n++) {
      await signal("a");
      const i = info();
      known.push([i.historyEvents, i.historyBytes, i.continueSuggested, i.parent, i.root?.workflowId]);
    }
    return known;
  },
  "child-options": () => child("kid", undefined, { timeout: "1h", attributes: { a: 1, b: ["x"], c: null } }),
};
