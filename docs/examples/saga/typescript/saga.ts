// An order as a saga: reserve the goods, charge the card, let the customer confirm, ship.
//
// There is no transaction around systems of others. So each step comes with one that takes it back, and when something goes
// wrong (a step fails, the customer calls the order off or says nothing for too long, somebody cancels the run) what was done is
// taken back, newest first. A step that is under way when the run is cancelled is waited for (onCancel "wait", the default): what
// takes it back must not overtake it.
import { type ActivityOptions, Failure, activity, defineQuery, kindOf, setAttributes, setHandler, signal } from "@aion/workflow";

interface Order {
  order: string;
  item: string;
  card: string;
  amount: number;
  address: string;
  patience?: string; // with the customer, such as "24h"
}

// Workers say which failures no further attempt would mend. The rest is bounded by time rather than by a number of attempts, of
// which a worker that is killed costs one.
const options: ActivityOptions = { retry: { backoff: "200ms", maxBackoff: "10s" }, timeout: "30s", totalTimeout: "15m" };

export async function saga(order: Order) {
  const name = { order: order.order };
  const undo: [activity: string, input: unknown][] = [];
  let stage = "new";
  setHandler(defineQuery<string>("stage"), () => stage);
  setAttributes(name);

  // Takes a step. What takes it back is noted before: a step that failed, or whose worker died, may have had its effect.
  function step<T>(activityName: string, input: object, back?: string) {
    if (back !== undefined) {
      undo.push([back, name]);
    }
    stage = activityName;
    return activity<T>(activityName, { ...name, ...input }, options);
  }

  try {
    await step("reserve_stock", { item: order.item }, "release_stock");
    await step("charge_card", { card: order.card, amount: order.amount }, "refund_card");
    stage = "waiting for confirmation";
    await confirmation(order.patience ?? "24h");
    const { parcel } = await step<{ parcel: string }>("ship_order", { address: order.address });
    return { status: "shipped", parcel };
  } catch (trouble) {
    stage = "taking back";
    return { status: "undone", because: kindOf(trouble), undone: await takeBack(undo) };
  }
}

/** The customer's answer races the time-out: whichever is recorded first counts, on every node and at every replay. */
async function confirmation(timeout: string) {
  const answer = await signal<boolean>("confirm", { timeout });
  if (answer === undefined) {
    throw new Failure("timeout", "the customer says nothing");
  }
  if (answer === false) {
    throw new Failure("called_off", "the customer says no");
  }
}

async function takeBack(undo: [activity: string, input: unknown][]) {
  const undone: string[] = [];
  for (const [name, input] of undo.reverse()) {
    const outcome = await activity(name, input, { retry: {}, onCancel: "ignore" }).outcome(); // without limit, and whoever cancels: there is no third way
    if (!outcome.ok) {
      throw new Error(`${name}: ${outcome.error.message}`);
    }
    undone.push(name);
  }
  return undone;
}
