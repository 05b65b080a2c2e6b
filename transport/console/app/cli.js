// cli writes the command of aion-node that does what a page shows or does.

import { session } from "./session.js";

// quote makes a word of a shell out of any text.
export function quote(word) {
  word = String(word);
  return /^[\w@%+=:,./-]+$/.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";
}

// command is a line for a shell. Words that are empty, null or false are left out; a list is a flag
// with its value, which is left out if the value is empty.
export function command(...words) {
  const line = ["aion-node"];
  for (const word of words) {
    if (Array.isArray(word)) {
      if (word[1] !== "" && word[1] != null && word[1] !== false) line.push(word[0], ...(word[1] === true ? [] : [quote(word[1])]));
    } else if (word !== "" && word != null && word !== false) {
      line.push(quote(word));
    }
  }
  if (session.namespace) line.push("--namespace", quote(session.namespace));
  return line.join(" ");
}

// id is an argument that may begin with a dash: it comes last, after --.
export function last(id) { return String(id).startsWith("-") ? "-- " + quote(id) : quote(id); }
