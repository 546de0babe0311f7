import { assertEquals, assertStringIncludes } from "@std/assert";
import { findLogProblem } from "../../lib/explain/log_facts.ts";
import { TempDir } from "../_temp.ts";

const ME = { uid: Deno.uid()!, gid: Deno.gid()! };
const OTHER = { uid: ME.uid + 1, gid: ME.gid + 1 };
const BEFORE = new Date(0);
const LATER = new Date(Date.now() + 3600_000);

Deno.test("findLogProblem() finds nothing wrong with a log that can be written", () => {
  using temp = new TempDir();
  const dir = temp.mkdir("logs/coder");
  temp.write("logs/coder/current");
  assertEquals(findLogProblem(dir, undefined, ME), undefined);
  // The logger makes it.
  assertEquals(findLogProblem(`${temp.path}/logs/newer`, undefined, ME), undefined);
});

Deno.test("findLogProblem() finds the owner and the mode, also while the logger goes on", () => {
  using temp = new TempDir();
  const dir = temp.mkdir("logs/coder");
  assertEquals(findLogProblem(dir, undefined, OTHER)?.help, `chown -hR hermes: ${dir}`);
  temp.mkdir("logs/coder", 0o500);
  assertEquals(findLogProblem(dir, undefined, ME)?.help, `chmod u+rwx ${dir}`);
});

Deno.test("findLogProblem() finds a file that the logger cannot go on with", () => {
  using temp = new TempDir();
  const dir = temp.mkdir("logs/coder", 0o777);
  const current = temp.write("logs/coder/current");
  assertEquals(findLogProblem(dir, undefined, OTHER)?.help, `chown -h hermes: ${current}`);
  temp.write("logs/coder/current", "", 0o444);
  assertEquals(findLogProblem(dir, undefined, ME)?.help, `chmod u+w ${current}`);
  Deno.removeSync(current);
  const lock = temp.mkdir("logs/coder/lock");
  assertEquals(findLogProblem(dir, BEFORE, ME)?.help, `mv ${lock} ${lock}.bad`);
});

Deno.test("findLogProblem() looks above where the logger could not make the directory", () => {
  using temp = new TempDir();
  const logs = temp.mkdir("logs", 0o500);
  assertEquals(findLogProblem(`${logs}/coder`, BEFORE, ME)?.help, `chmod u+rwx ${logs}`);
  temp.mkdir("logs", 0o700);
  const dir = `${logs}/coder`;
  assertEquals(
    findLogProblem(dir, BEFORE, ME)?.help,
    `mkdir -p ${dir} && chown hermes: ${dir}`,
  );
});

Deno.test("findLogProblem() has it tried again what has been corrected since, and leaves the rest to others", () => {
  using temp = new TempDir();
  const dir = temp.mkdir("logs/coder");
  assertEquals(findLogProblem(dir, BEFORE, ME)?.help, "");
  const problem = findLogProblem(dir, LATER, ME);
  assertEquals(problem?.help, undefined);
  assertStringIncludes(problem?.text ?? "", `${dir} cannot be written`);
});
