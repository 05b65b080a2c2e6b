// Where the room comes in: everything that the code does, it does in enter, and in the jobs of promises that come of it.
import "./async";
import { check } from "./condition";
import { Mode, decode, guest, later, plain, reading, resume } from "./guest";
import { message, query, validate } from "./handlers";
import { perform } from "./perform";
import { find, registered } from "./register";
import { room } from "./room";

const enum Op { start = 1, resume, message, check, query, validate, describe }

room.resume = (token, at, told) => {
  if (!plain) {
    reading(""); // what the entry before did, and its jobs, is over
  }
  return resume(token, at, told);
};

/** Does what a room does that knows resume. */
function goOn(token: number, at: number, told: string): void {
  for (;;) {
    const id = resume(token, at, decode(told));
    if (id === undefined || room.wait(0, Mode.one, id) === later) {
      return;
    }
    const state = room.state(id);
    token = 0;
    at = Number(state[0]);
    told = state.slice(1);
  }
}

room.enter = (op, token, at, text, name) => {
  if (!plain) {
    reading("");
  }
  switch (op) {
    case Op.resume:
      goOn(token, at, text);
      break;
    case Op.start:
      guest.begun = true;
      guest.traced = at === 1;
      reading("");
      perform(0, find(name), decode(text));
      break;
    case Op.message:
      message(token, at, name, decode(text));
      break;
    case Op.check:
      reading("a condition");
      check();
      break;
    case Op.query:
      query(name, decode(text));
      break;
    case Op.validate:
      validate(name, decode(text));
      break;
    case Op.describe:
      room.answer(0, JSON.stringify({ 1: registered() }));
  }
};
