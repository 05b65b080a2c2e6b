// Code that ends by itself: what came of it is told to the room.
import { ContinueAsNew, goOn } from "./continue";
import { encode, isThenable, misuse } from "./guest";
import { errorRecord, locate } from "./report";
import { room } from "./room";

type Code = (input: unknown) => unknown;

/** Lets the code of a token run: 0 is the workflow function, the others are handlers. */
export function perform(token: number, code: Code, input: unknown): void {
  let value: unknown;
  try {
    value = code(input);
    if (isThenable(value)) {
      void Promise.resolve(value).then((v) => ended(token, v), (e) => failed(token, code, e)); // which calls one of them, once, whatever it is
      return;
    }
  } catch (e) {
    failed(token, code, e);
    return;
  }
  ended(token, value);
}

function ended(token: number, value: unknown): void {
  let text: string;
  try {
    text = encode("result", value);
  } catch (e) {
    room.done(token, 1, errorRecord(e));
    return;
  }
  room.done(token, 0, text);
}

function failed(token: number, code: Code, e: unknown): void {
  if (!ContinueAsNew.is(e)) {
    locate(e, code);
    room.done(token, 1, errorRecord(e));
  } else if (token === 0) {
    goOn(e);
  } else {
    room.done(token, 1, errorRecord(misuse("a handler cannot continue the run as a new one: let the workflow function do so, for the handlers have to end first")));
  }
}

/** Lets code answer what the room has asked. */
export function answer(code: () => unknown): void {
  const written = (value: unknown): void => {
    let text: string;
    try {
      text = encode("result", value);
    } catch (e) {
      refused(e);
      return;
    }
    room.answer(0, text);
  };
  const refused = (e: unknown): void => room.answer(1, errorRecord(e));
  let value: unknown;
  try {
    value = code();
    if (isThenable(value)) {
      void Promise.resolve(value).then(written, refused);
      return;
    }
  } catch (e) {
    refused(e);
    return;
  }
  written(value);
}
