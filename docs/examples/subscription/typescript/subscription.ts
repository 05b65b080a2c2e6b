// A subscription: charges once a period until it is stopped or not paid, and listens all the while.
//
// A history must not grow for ever, so after a few periods the run continues as new: the next run of the same workflow id starts
// with what this one hands on, and signals that nobody has taken yet come along.
import { activities, continueAsNew, defineQuery, info, milliseconds, race, setHandler, signal, sleep } from "@aion/workflow";

const periods = 3; // in one run
const prices: { [plan: string]: number } = { basic: 5, pro: 20 };

interface Worker {
  charge_subscription(input: { customer: string; amount: number; period: number }): unknown;
}

const { charge_subscription } = activities<Worker>({ retry: { backoff: "1s", maxBackoff: "10m" }, timeout: "15s" });

interface State {
  customer: string;
  plan: string;
  billed: number;
  total: number;
  period: string;
}

export async function subscription(input: Partial<State> & { plan: string }) {
  const state: State = { customer: info().workflowId, billed: 0, total: 0, period: "720h", ...input };
  setHandler(defineQuery<State>("state"), () => state);
  const ended = (why: string) => ({ ended: why, billed: state.billed, total: state.total });

  for (let n = 0; n < periods; n++) {
    if (!await period(state)) {
      return ended("stopped");
    }
    if (!await charge(state)) {
      return ended("unpaid");
    }
  }
  return continueAsNew(state);
}

/** Waits for the end of a period and takes the signals that come. False if the subscription is stopped. */
async function period(state: State): Promise<boolean> {
  const end = Date.now() + milliseconds(state.period);
  for (;;) {
    const futures = [sleep(Math.max(end - Date.now(), 0)), signal<string>("change_plan"), signal("stop")] as const;
    await race(futures); // cancels the others, but several may have come at once: so look at each
    const [timer, change, stop] = await Promise.all([futures[0].outcome(), futures[1].outcome(), futures[2].outcome()]);
    if (change.ok && change.value in prices) {
      state.plan = change.value;
    }
    if (stop.ok) {
      return false;
    }
    if (timer.ok) {
      return true;
    }
  }
}

/** Charges for the period that is over. False if the customer cannot pay; a bank that is down is asked until it is up again. */
async function charge(state: State): Promise<boolean> {
  const amount = prices[state.plan]!;
  const charged = await charge_subscription({
    customer: state.customer,
    amount,
    period: state.billed + 1, // with the customer, the key under which the bank takes it once
  }).outcome();
  if (!charged.ok) {
    if (charged.error.kind === "card_declined") {
      return false;
    }
    throw charged.error; // the end of the run: cancelled, if it was asked to end meanwhile
  }
  state.billed++;
  state.total += amount;
  return true;
}
