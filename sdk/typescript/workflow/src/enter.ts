// Where the room comes in: everything that the code does, it does in enter, and in the jobs of promises that come of it.
import { check } from "./condition";
import { guest, resume } from "./guest";
import { message, query, validate } from "./handlers";
import { perform } from "./perform";
import { find, registered } from "./register";
import { room } from "./room";

const Op = { start: 1, resume: 2, message: 3, check: 4, query: 5, validate: 6, describe: 7 } as const;

room.enter = (op, token, at, text) => {
  guest.reads = ""; // of the entry before, and of its jobs
  switch (op) {
    case Op.start: {
      const r = JSON.parse(text) as { 1: string; 3?: unknown };
      guest.begun = true;
      guest.traced = at === 1;
      perform(0, () => find(r[1])(r[3]));
      break;
    }
    case Op.resume:
      resume(token, at);
      break;
    case Op.message:
      message(token, text);
      break;
    case Op.check:
      guest.reads = "a condition";
      check();
      break;
    case Op.query:
      query(text);
      break;
    case Op.validate:
      validate(text);
      break;
    case Op.describe:
      room.answer(0, JSON.stringify({ 1: registered() }));
  }
};
