// A human approval: asks one person after another, reminds each of them, and takes the first decision that comes.
//
// A decision is the signal "decision". It may come at any time, also before somebody is asked.
import { activities, defineQuery, defineSignal, setAttributes, setHandler, signal } from "@aion/workflow";

const remind = "24h"; // how long a person is left in peace
const reminders = 2; // until the next one is asked

export const decision = defineSignal<{ approve: boolean; by?: string; comment?: string }>("decision");

interface Request {
  about: string;
  author: string;
  approvers: string[];
  remind?: string;
}

interface Worker {
  notify(message: { to: string; text: string }): void;
}

const { notify } = activities<Worker>({ retry: { backoff: "1s", maxBackoff: "5m" }, timeout: "1m" }); // without limit: a mail server that is down comes back

export async function approval(request: Request) {
  const state = { status: "waiting", asked: [] as string[], reminders: 0 };
  setHandler(defineQuery<typeof state>("state"), () => state);

  /** Asks one person and reminds them. Their decision, or anybody's; undefined if none came in time. */
  async function ask(person: string) {
    for (let n = 0; n <= reminders; n++) {
      await notify({ to: person, text: `${n === 0 ? "please decide" : `reminder ${n}`}: ${request.about}` });
      state.reminders += n > 0 ? 1 : 0;
      const decided = await signal(decision, { timeout: request.remind ?? remind });
      if (decided !== undefined) {
        return decided;
      }
    }
    return undefined;
  }

  async function close(status: string, by: string | null) {
    state.status = status;
    setAttributes({ waiting_for: null });
    await notify({ to: request.author, text: `${status}: ${request.about}` });
    return { status, by, asked: state.asked, reminders: state.reminders };
  }

  for (const person of request.approvers) {
    state.asked.push(person);
    setAttributes({ waiting_for: person }); // aion-node list --attr waiting_for=ada
    const decided = await ask(person);
    if (decided !== undefined) {
      return close(decided.approve ? "approved" : "rejected", decided.by ?? person);
    }
  }
  return close("expired", null);
}
