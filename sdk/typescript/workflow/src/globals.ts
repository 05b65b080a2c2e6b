// The globals that other programs have, made the run's own, and those taken away that would show the machine.
import { Future } from "./future";
import { log } from "./log";
import { getRandomValues, random, uuid } from "./random";
import { room } from "./room";
import { sleep } from "./time";

const world = globalThis as unknown as { [name: string]: unknown };
const set = (on: object, name: string, value: unknown): void => {
  Object.defineProperty(on, name, { value, writable: true, configurable: true, enumerable: false });
};

// The time of the turn.
const Native = Date;
const Turn = function (this: unknown, ...args: unknown[]): unknown {
  if (new.target === undefined) {
    return new Native(room.now()).toString();
  }
  return Reflect.construct(Native, args.length === 0 ? [room.now()] : args, new.target);
};
set(Turn, "name", "Date");
set(Turn, "length", 7);
(Turn as { prototype: unknown }).prototype = Native.prototype;
set(Turn, "now", () => room.now());
set(Turn, "parse", Native.parse);
set(Turn, "UTC", Native.UTC);
set(Native.prototype, "constructor", Turn);
set(world, "Date", Turn);

// The generator of the run.
set(Math, "random", random);
set(world, "crypto", { randomUUID: uuid, getRandomValues });

// The log of the run.
set(world, "console", { log, info: log, debug: log, warn: log, error: log, trace: log });

// Jobs, in the scope of those who ask for them.
set(world, "queueMicrotask", (job: () => void): void => { void Promise.resolve().then(job); });

// Timers of the run. The number of a timer is its ordinal.
const timers = new Map<number, Future<void>>();

set(world, "setTimeout", (code: (...args: unknown[]) => void, ms: number = 0, ...args: unknown[]): number => {
  const timer = sleep(Math.max(Number(ms) || 0, 0));
  timers.set(timer.ordinal, timer);
  timer.outcome().then((o) => {
    timers.delete(timer.ordinal);
    if (o.ok) {
      code(...args);
    }
  });
  return timer.ordinal;
});
set(world, "clearTimeout", (id: unknown): void => {
  const timer = timers.get(id as number);
  timers.delete(id as number);
  timer?.cancel();
});

// As many calls as the room tells of an error.
(Error as { stackTraceLimit?: number }).stackTraceLimit = 50;

// What shows when memory is collected, or how fast the machine is.
for (const name of ["WeakRef", "FinalizationRegistry", "performance", "SharedArrayBuffer", "Atomics", "gc"]) {
  delete world[name];
}
