// Workflow functions that use what only TypeScript has.
import { register } from "@aion/workflow";
import * as errors from "./errors";
import * as globals from "./globals";
import * as odd from "./odd";
import * as promises from "./promises";
import * as scopes from "./scopes";
import * as types from "./types";

for (const functions of [promises, scopes, errors, globals, types, odd]) {
  register(functions);
}
