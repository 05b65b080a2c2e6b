// An entity with a mailbox: an account that lives as long as it is open, and answers one message after another.
//
// Each workflow id is one account: who sends to "acc-7" needs to know nothing else. The state is the code's own variables; there
// is no table behind it. The run continues as new when its history grows long, and messages that come meanwhile are answered by
// the next run.
import { activities, condition, continueAsNew, defineQuery, defineUpdate, info, setHandler } from "@aion/workflow";

interface Worker {
  notify(message: { to: string; text: string }): void;
}

const { notify } = activities<Worker>({ retry: {}, timeout: "1m" });

interface Account {
  of: string;
  balance?: number;
  messages?: number; // that one run of the chain answers
}

export async function account({ of, balance = 0, messages = 1000 }: Account) {
  let answered = 0, closed = false;

  function positive(amount: number) {
    if (!Number.isInteger(amount) || amount <= 0) {
      throw new Error("an amount is a positive whole number");
    }
  }

  function covered(amount: number) { // read-only: asked before the withdrawal is in the log, and refused without a trace
    positive(amount);
    if (amount > balance) {
      throw new Error(`the balance is ${balance}`);
    }
  }

  function change(by: number) {
    answered++;
    return balance += by;
  }

  setHandler(defineQuery<number>("balance"), () => balance);
  setHandler(defineUpdate<number, number>("deposit"), (amount) => change(amount), { validator: positive });
  setHandler(defineUpdate<number, number>("withdraw"), (amount) => change(-amount), { validator: covered });
  setHandler(defineUpdate<number>("close"), () => {
    closed = true;
    return balance;
  });

  await condition(() => closed || answered >= messages || info().continueSuggested);
  if (closed) {
    await notify({ to: of, text: `closed with ${balance}` });
    return { balance };
  }
  return continueAsNew({ of, balance, messages } satisfies Account);
}
