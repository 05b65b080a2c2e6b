// A worker for the activities of all examples, with the SDK of sdk/typescript, which is built first (npm install && npm run build there):
//
//   cd docs/examples/workers/typescript && npm install && npm start -- --addr 127.0.0.1:7600
//
// The same as ../go and ../python do. The systems behind are pretended: an effect is a line in the ledger (--ledger FILE, appended).
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Attempt, Client, Failure, type Handler, Worker } from "@aion/sdk";

const { values: args } = parseArgs({
  options: {
    addr: { type: "string", default: process.env["AION_ADDR"] ?? "127.0.0.1:7600" }, // nodes, HOST:PORT separated by commas
    queue: { type: "string", default: "default" },
    id: { type: "string", default: `typescript-${process.pid}` },
    concurrency: { type: "string", default: "20" },
    lease: { type: "string", default: "30s" }, // a silence after which another worker takes over
    pace: { type: "string", default: "200ms" }, // how long a piece of pretended work takes
    ledger: { type: "string" }, // append each effect to this file
  },
});
const pace = Number.parseInt(args.pace!);

/** Appends a line to the ledger: what the attempt does to the world. */
function write(a: Attempt, what: "begin" | "effect", input: unknown): void {
  if (!args.ledger) return;
  const line = {
    at: new Date().toISOString(), worker: args.id, what, activity: a.activity, workflow_id: a.workflowId, run_id: a.runId, activity_id: a.activityId, attempt: a.number, input,
  };
  appendFileSync(args.ledger, JSON.stringify(line) + "\n");
}

const work = (a: Attempt) => sleep(pace, undefined, { signal: a.signal });

/** An activity: it begins, takes a while, and does what do says. */
function activity<T>(what: (input: T, a: Attempt) => unknown): Handler {
  return async (input: T, a: Attempt) => {
    write(a, "begin", input);
    await work(a);
    const output = await what(input, a);
    write(a, "effect", input);
    return output;
  };
}

interface Order { order: string; item: string; card: string; address: string }

interface Movement { transfer: string; account: string }

const nothing = activity(() => null);

const activities: Record<string, Handler> = {
  reserve_stock: activity((o: Order, a) => {
    if (o.item === "popular" && a.number < 3) throw new Failure("the warehouse is busy", { kind: "busy", retryable: true });
    if (o.item === "unobtainium") throw new Failure("there is no unobtainium", { kind: "out_of_stock" });
    return { reservation: `${o.order}/stock` };
  }),
  charge_card: activity((o: Order) => {
    if (o.card === "declined") throw new Failure("the bank says no", { kind: "card_declined" });
    return { charge: `${o.order}/charge` };
  }),
  ship_order: activity((o: Order) => {
    if (o.address === "nowhere") throw new Failure("nobody lives nowhere", { kind: "no_such_address" });
    return { parcel: `${o.order}/parcel` };
  }),
  process_item: activity(async (item: { id: unknown; pages: number }, a) => {
    if (item.pages < 0) throw new Failure(`it has ${item.pages} pages`, { kind: "bad_item" });
    for (let page = (a.details as number | undefined) ?? 0; page < item.pages; page++) { // where the attempt before had come to
      await work(a);
      a.heartbeat(page + 1);
    }
    return { id: item.id, words: 100 * item.pages };
  }),
  charge_subscription: activity((c: { customer: string; period: number }) => {
    if (c.customer === "broke" && c.period > 4) throw new Failure("the bank says no", { kind: "card_declined" });
    return { receipt: `${c.customer}/${c.period}` };
  }),
  withdraw: activity((m: Movement) => {
    if (m.account === "broke") throw new Failure("there is nothing on it", { kind: "insufficient_funds" });
    return { movement: m.transfer };
  }),
  deposit: activity((m: Movement) => {
    if (m.account === "closed") throw new Failure("there is no such account any more", { kind: "account_closed" });
    return { movement: m.transfer };
  }),
  start_job: activity((j: { job: string }) => ({ id: j.job })),
  check_job: activity((asked: { job: string; question: number }) => {
    if (asked.job === "lost") throw new Failure("nobody knows of it", { kind: "unknown_job" });
    return { state: asked.job === "endless" || asked.question < 2 ? "running" : "done" };
  }),
  stop_job: nothing,
  release_stock: nothing,
  refund_card: nothing,
  notify: nothing,
};

const client = new Client({ addresses: args.addr!, token: process.env["AION_TOKEN"] });
await new Worker({ client, queue: args.queue!, id: args.id!, concurrency: Number(args.concurrency), lease: args.lease!, activities }).run({ signals: true });
