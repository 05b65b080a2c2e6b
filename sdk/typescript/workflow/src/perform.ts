// Code that ends by itself: what came of it is told to the room.
import { ContinueAsNew, goOn } from "./continue";
import { encode, isThenable, misuse } from "./guest";
import { errorRecord } from "./report";
import { room } from "./room";

/** Lets the code of a token run: 0 is the workflow function, the others are handlers. */
export function perform(token: number, code: () => unknown): void {
  begin(code, (text) => room.done(token, 0, text), (e) => {
    if (!ContinueAsNew.is(e)) {
      room.done(token, 1, errorRecord(e));
    } else if (token === 0) {
      goOn(e);
    } else {
      room.done(token, 1, errorRecord(misuse("a handler cannot continue the run as a new one: let the workflow function do so, for the handlers have to end first")));
    }
  });
}

/** Lets code answer what the room has asked. */
export function answer(code: () => unknown): void {
  begin(code, (text) => room.answer(0, text), (e) => room.answer(1, errorRecord(e)));
}

/** Lets code run, and tells its result as JSON, or what it failed with. */
function begin(code: () => unknown, succeeded: (text: string) => void, failed: (e: unknown) => void): void {
  const written = (value: unknown): void => {
    let text: string;
    try {
      text = encode("result", value);
    } catch (e) {
      failed(e);
      return;
    }
    succeeded(text);
  };
  let value: unknown;
  try {
    value = code();
    if (isThenable(value)) {
      void Promise.resolve(value).then(written, failed); // which calls one of them, once, whatever it is
      return;
    }
  } catch (e) {
    failed(e);
    return;
  }
  written(value);
}
