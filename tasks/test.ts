import { findS6, type S6Source } from "../tests/container/s6_packages.ts";

const MIN_LINES_PERCENT = 95;
const COVERAGE_DIR = "coverage";
// Read by tests/live/_live.ts and tests/container/container.ts.
const MODE = "HERMES_TEST_SUPERVISION";
const S6 = "HERMES_TEST_S6";
// deno-lint-ignore no-control-regex
const ANSI_STYLE = /\x1b\[[\d;]*m/g;

async function deno(args: string[], env: Record<string, string> = {}): Promise<[boolean, string]> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    env,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return [(await child.status).success, text.replace(ANSI_STYLE, "")];
}

/** What a `deno test` did. */
interface Outcome {
  success: boolean;
  passed: number;
  failed: number;
}

async function denoTest(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const [success, text] = await deno(["test", "--allow-all", "--parallel", ...args], {
    DENO_JOBS: Deno.env.get("DENO_JOBS") ?? "5",
    ...env,
  });
  const count = (what: string) =>
    Number(new RegExp(`^(?:ok|FAILED) \\|.*?(\\d+) ${what}`, "m").exec(text)?.[1] ?? 0);
  return { success, passed: count("passed"), failed: count("failed") };
}

async function filesOf(dir: string, name: RegExp): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name);
  return names.filter((one) => name.test(one)).map((one) => `${dir}/${one}`).sort();
}

/** Fetches what the containers need, once for all of them. */
async function newestS6(): Promise<S6Source> {
  try {
    await findS6(".", "debian", console.error);
    await findS6(".", "testing", console.error);
    return "testing";
  } catch (error) {
    // The live tests themselves say, or under CI fail, where there is no s6 at all.
    console.error(`warning: the newer s6 is not tested: ${(error as Error).message}`);
    return "debian";
  }
}

/**
 * Runs the whole suite on the s6 that ships; and beside it what uses live gateways once more, with isolated
 * supervision and on the older s6 of Debian's release.
 */
async function testWhole(): Promise<Outcome[]> {
  const s6 = await newestS6();
  const twice = await filesOf("tests/live", /^gatewayctl(_\w+)?_test\.ts$/);
  return await Promise.all([
    denoTest([`--coverage=${COVERAGE_DIR}`, "--coverage-raw-data-only", "tests/"], {
      [MODE]: "shared",
      [S6]: s6,
    }),
    denoTest(["--no-check", ...twice], { [MODE]: "isolated", [S6]: "debian", DENO_JOBS: "1" }),
  ]);
}

async function isCovered(): Promise<boolean> {
  const [, report] = await deno(["coverage", COVERAGE_DIR, "--include=/lib/", "--quiet"]);
  // The report's last row: | All files | branch % | function % | line % |
  const lines = Number(/All files.*\|\s*([\d.]+)\s*\|\s*$/m.exec(report)?.[1] ?? NaN);
  console.log(`lines of lib/ covered: ${lines} %, at least ${MIN_LINES_PERCENT} % expected`);
  return lines >= MIN_LINES_PERCENT;
}

/** Runs `deno test` with the arguments given, or the whole suite with the coverage of lib/. */
async function test(args: string[]): Promise<boolean> {
  const whole = args.length === 0;
  const outcomes = whole ? await testWhole() : [await denoTest(args)];
  const covered = !whole || await isCovered();
  const sum = (what: "passed" | "failed") =>
    outcomes.reduce((total, outcome) => total + outcome[what], 0);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  return covered && outcomes.every(({ success }) => success);
}

await Deno.remove(COVERAGE_DIR, { recursive: true }).catch(() => {});
const ok = await test(
  Deno.args[0] === "--soak" ? await filesOf("tests/soak", /_soak\.ts$/) : Deno.args,
);
await Deno.remove(COVERAGE_DIR, { recursive: true }).catch(() => {});
Deno.exit(ok ? 0 : 1);
