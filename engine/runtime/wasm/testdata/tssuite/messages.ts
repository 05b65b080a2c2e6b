import {
  type Workflow, any, child, condition, continueAsNew, defineSignal, defineUpdate, setHandler, settled, signal, sleep, tryAll, tryRace,
} from "@aion/workflow";
import { kind } from "./kit";

const a = defineSignal<number>("a");

/** Lets a handler note the payloads of signals a after a while, and goes on as new with the notes. */
async function handlersNote() {
  const notes: number[] = [];
  setHandler(a, async (n) => {
    await sleep("1s");
    notes.push(n);
  });
  await signal("end");
  continueAsNew(notes);
}

/** Lets a handler note the payloads of signals a. */
function collect(): number[] {
  const got: number[] = [];
  setHandler(a, (n) => { got.push(n); });
  return got;
}

const until: Workflow = async () => {
  const got = collect();
  const there = await condition(() => got.length >= 2, "1h");
  return [there, got];
};

const handlers: Workflow = async () => {
  const notes: string[] = [];
  setHandler(a, async (n) => {
    notes.push(`in ${n}`);
    await sleep("1s");
    notes.push(`out ${n}`);
  });
  await signal("end");
  return notes;
};

const updates: Workflow = async () => {
  let total = 0, over = false;
  setHandler(defineUpdate<number, number>("add"), async (n) => {
    total += n;
    if (n === 5) {
      await sleep("1s");
    } else if (n === 3) {
      throw new Error("odd");
    }
    return total;
  }, {
    validator(n) {
      if (n > 9) {
        throw new Error("too much");
      }
    },
  });
  setHandler(defineUpdate<void>("end"), () => { over = true; });
  await condition(() => over);
  return total;
};

export const messages: { [name: string]: Workflow } = {
  async any() {
    const timer = sleep("1h"), one = signal("a"), other = signal("b");
    const first = await any([timer, one, other]);
    return [first, await any([timer, other]), timer.done];
  },
  async "try-race"() {
    const [at, outcome] = await tryRace([sleep("1h"), child("c")]);
    return [at, outcome.ok, kind(outcome)];
  },
  async "try-all"() {
    return (await tryAll([sleep("1h"), sleep("1s"), child("c")])).map(kind);
  },
  until,
  "until-late": until,
  "until-cancelled": until,
  async "until-at-once"() {
    const timer = sleep("1s");
    return [await condition(() => true), await condition(() => timer.done)];
  },
  async "until-schedules"() {
    const got = collect();
    await condition(() => got.length > 0 && sleep("1s").done);
  },
  handlers,
  "handlers-in-order": handlers,
  "handlers-cancelled": handlers,
  async "handler-fails"() {
    setHandler(a, () => { throw new Error("no"); });
    await signal("end");
  },
  async "handlers-continue"() {
    setHandler(a, () => sleep("1s"));
    await signal("end");
    continueAsNew();
  },
  "handlers-note": handlersNote,
  "settling-cancelled": handlersNote,
  async "handler-continues"() {
    setHandler(a, () => continueAsNew());
    await signal("end");
  },
  async "handled-and-waited-for"() {
    setHandler(a, () => undefined);
    await signal(a);
  },
  async "handlers-share"() {
    const timer = sleep("1s");
    let seen = 0;
    setHandler(a, async () => {
      await timer;
      seen++;
    });
    await timer;
    return ++seen;
  },
  updates,
  "updates-cancelled": updates,
  async "update-too-large"() {
    setHandler(defineUpdate<string>("big"), () => "x".repeat(10_000));
    await signal("end");
  },
  async "validators-read"() {
    setHandler(defineUpdate<number, number>("a"), (n) => n, { validator: () => { sleep("1s"); } });
    await settled([signal("end")]);
  },
};
