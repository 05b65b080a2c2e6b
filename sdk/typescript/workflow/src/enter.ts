// Where the room comes in: everything that the code does, it does in enter, and in the jobs of promises that come of it.
import "./async";
import { check } from "./condition";
import { decode, guest, reading, resume } from "./guest";
import { message, query, validate } from "./handlers";
import { perform } from "./perform";
import { find, registered } from "./register";
import { room } from "./room";

const enum Op { start = 1, resume, message, check, query, validate, describe }

room.enter = (op, token, at, text, name) => {
  if (guest.reads !== "") {
    reading(""); // what the entry before did, and its jobs, is over
  }
  switch (op) {
    case Op.resume:
      resume(token, at, text);
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
