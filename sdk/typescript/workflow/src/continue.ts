// Continuing as new: the run ends, and the next one of its workflow id begins.
import { Mode, encode, misuse, wait } from "./guest";
import { errorRecord } from "./report";
import { room } from "./room";

/** What `continueAsNew` throws. It is no Error: code that catches must let it through. */
export class ContinueAsNew {
  readonly #brand = true;

  constructor(readonly input: unknown, readonly same: boolean) {}

  /** Unlike `instanceof`, asks the value nothing: code throws what it likes. */
  static is(value: unknown): value is ContinueAsNew {
    return typeof value === "object" && value !== null && #brand in value;
  }

  toString(): string {
    return "continueAsNew was called, and what it threw has not reached the end of the workflow function";
  }
}

/**
 * Ends this run and starts the next one of its workflow id with another input, on the routed version or on the same one, after
 * all handlers have ended. It throws what the workflow function must let through: `finally` blocks run. The input is written when
 * the handlers have ended, so what they change in it counts.
 */
export function continueAsNew(input?: unknown, options: { version?: "routed" | "same" } = {}): never {
  throw new ContinueAsNew(input, options.version === "same");
}

/** Continues the run, when all handlers have ended. */
export function goOn(next: ContinueAsNew): void {
  const idle = (): undefined => {
    let input: string;
    try {
      input = encode("input", next.input);
    } catch (e) {
      room.done(0, 1, errorRecord(e));
      return undefined;
    }
    room.continue(next.same ? 1 : 0, input);
    throw misuse("the room went on after the run had continued as a new one");
  };
  if (wait(Mode.idle, "", { over: idle }) !== undefined) {
    idle();
  }
}
