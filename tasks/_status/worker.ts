/// <reference lib="deno.worker" />
import { errorWords } from "../../lib/_errors.ts";
import { readFacts } from "../../lib/rules/facts.ts";
import { Gathering } from "./gathering.ts";
import type { Answered, Asked } from "./questions.ts";

// The worker of the status service: gathers. Every call that looks at the volume is made here, for each
// may hang, and the server answers all the same.
let gathering: Gathering | undefined;

self.onmessage = async ({ data }: MessageEvent<Asked | { facts: string | undefined }>) => {
  if ("facts" in data) {
    gathering = new Gathering(readFacts(data.facts));
    return;
  }
  let answered: Answered;
  try {
    answered = { id: data.id, answer: await gathering?.answer(data) };
  } catch (error) {
    answered = { id: data.id, error: errorWords(error) };
  }
  self.postMessage(answered);
};
