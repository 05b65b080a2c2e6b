// A transfer between accounts at two banks. Large ones need approvals, up to a deadline.
//
// Approvals are updates: who approves hears at once whether it counts. From the withdrawal on there is no way out in the middle:
// the money is either on the other account or back on the first one, whatever fails and whoever cancels.
import { activities, cancelled, condition, defineQuery, defineUpdate, info, setAttributes, setHandler } from "@aion/workflow";

const free = 1000; // up to this amount nobody is asked
const needed = 2; // approvals for more
const nothingHappened = ["insufficient_funds", "account_closed"];

interface Movement {
  transfer: string;
  account: string;
  amount: number;
}

interface Worker {
  withdraw(movement: Movement): unknown;
  deposit(movement: Movement): unknown;
}

const { withdraw, deposit } = activities<Worker>({ retry: { backoff: "200ms", maxBackoff: "1m", nonRetryable: nothingHappened }, timeout: "30s" });
const always = activities<Worker>({ retry: {}, onCancel: "ignore" });

interface Order {
  from: string;
  to: string;
  amount: number;
  approvers: string[];
  deadline?: string;
}

export async function transfer(order: Order) {
  const state = { stage: "new", approved: [] as string[], rejected: null as string | null };
  setHandler(defineQuery<typeof state>("state"), () => state);
  setAttributes({ from: order.from, to: order.to, amount: order.amount });
  // The transfer's id is the key under which a bank carries it out once.
  const { workflowId } = info(), { amount } = order;

  const because = await approvals(order, state);
  if (because !== null) {
    return done("refused", because);
  }

  state.stage = "withdraw";
  const withdrawn = await withdraw({ transfer: workflowId, account: order.from, amount }).outcome();
  if (!withdrawn.ok) {
    const { kind } = withdrawn.error;
    return nothingHappened.includes(kind) ? done("refused", kind) : back(kind); // else it may have had its effect
  }
  if (cancelled()) {
    return back("cancelled");
  }
  state.stage = "deposit";
  const deposited = await deposit({ transfer: workflowId, account: order.to, amount }, { onCancel: "ignore" }).outcome(); // it is too late to call it off
  return deposited.ok ? done("transferred", null) : back(deposited.error.kind);

  /** Brings the money back, without limit: a bank that is down is asked until it is up again. It is harmless if nothing was withdrawn. */
  async function back(because: string) {
    state.stage = "bringing it back";
    await always.deposit({ transfer: `${workflowId}:back`, account: order.from, amount });
    return done("brought back", because);
  }

  function done(status: string, because: string | null) {
    state.stage = status;
    return { status, because, approved: state.approved };
  }
}

/** Waits for approvals. Null if there are enough, or in a word why not. */
async function approvals(order: Order, state: { stage: string; approved: string[]; rejected: string | null }): Promise<string | null> {
  if (order.amount <= free) {
    return null;
  }
  state.stage = "waiting for approvals";

  function validator(by: string) {
    if (!order.approvers.includes(by)) {
      throw new Error(`${by} is not asked`);
    }
    if (state.approved.includes(by)) {
      throw new Error(`${by} has approved already`);
    }
  }

  setHandler(defineUpdate<{ approvals: number; needed: number }, string>("approve"), (by) => {
    state.approved.push(by);
    return { approvals: state.approved.length, needed };
  }, { validator });
  setHandler(defineUpdate<void, string>("reject"), (by) => { state.rejected = by; }, { validator });

  if (!await condition(() => state.approved.length >= needed || state.rejected !== null, order.deadline ?? "48h")) {
    return "deadline";
  }
  return state.rejected === null ? null : "rejected";
}
