// An order: check, reserve, wait for somebody's approval, ship.
import { defineQuery, defineSignal, setAttributes, setHandler, signal, sleep } from "@aion/workflow";
import { price, shipsFree } from "./pricing";

const check = "200ms";
const reserve = "500ms"; // short for the demo; hours in real life
const patience = "72h";
const pack = "500ms";

export const approved = defineSignal<{ by: string }>("approval");

export async function order(input: { id: string; amount: number }) {
  const order = { stage: "checking", total: price(input) };
  setHandler(defineQuery<string>("stage"), () => order.stage);
  setHandler(defineQuery<typeof order>("order"), () => order);
  setAttributes({ amount: input.amount });

  await sleep(check); // version 1 did not: a run that is under way could not go on with this code

  order.stage = "reserving";
  await sleep(reserve);

  order.stage = "awaiting approval";
  const approval = await signal(approved, { timeout: patience }); // undefined if the time ran out
  if (approval === undefined) {
    throw new Error("not approved in time");
  }

  order.stage = "packing";
  await sleep(pack);

  order.stage = "shipped";
  return { id: input.id, code: "v2", total: order.total, shipping: shipsFree(input) ? "free" : "flat rate", approved_by: approval.by };
}
