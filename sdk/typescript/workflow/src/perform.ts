// Code that ends by itself: what came of it is told to the room.
import { ContinueAsNew, goOn } from "./continue";
import { encode, misuse } from "./guest";
import { errorRecord } from "./report";
import { room } from "./room";

/** Lets the code of a token run: 0 is the workflow function, the others are handlers. */
export function perform(token: number, code: () => unknown): void {
  begin(code).then((text) => room.done(token, 0, text), (e: unknown) => {
    if (!(e instanceof ContinueAsNew)) {
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
  begin(code).then((text) => room.answer(0, text), (e: unknown) => room.answer(1, errorRecord(e)));
}

/** Lets code run, and writes its result. */
async function begin(code: () => unknown): Promise<string> {
  return encode("result", await code());
}
