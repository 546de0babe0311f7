const MIN_LINES_PERCENT = 95;
const COVERAGE_DIR = "coverage";
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

/** Runs `deno test` with the arguments given, or the whole suite with the coverage of lib/. */
async function test(args: string[]): Promise<boolean> {
  const whole = args.length === 0;
  const [success, text] = await deno([
    "test",
    "--allow-all",
    "--parallel",
    ...whole ? [`--coverage=${COVERAGE_DIR}`, "--coverage-raw-data-only", "tests/"] : args,
  ], { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? "3" });
  const count = (what: string) =>
    Number(new RegExp(`^(?:ok|FAILED) \\|.*?(\\d+) ${what}`, "m").exec(text)?.[1] ?? 0);
  let covered = true;
  if (whole) {
    const [, report] = await deno(["coverage", COVERAGE_DIR, "--include=/lib/", "--quiet"]);
    // The report's last row: | All files | branch % | function % | line % |
    const lines = Number(/All files.*\|\s*([\d.]+)\s*\|\s*$/m.exec(report)?.[1] ?? NaN);
    covered = lines >= MIN_LINES_PERCENT;
    console.log(`lines of lib/ covered: ${lines} %, at least ${MIN_LINES_PERCENT} % expected`);
  }
  console.log(`${count("passed")} passed, ${count("failed")} failed`);
  return success && covered;
}

async function soakFiles(): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir("tests/soak"))).map(({ name }) => name);
  return names.filter((name) => name.endsWith("_soak.ts")).map((name) => `tests/soak/${name}`);
}

await Deno.remove(COVERAGE_DIR, { recursive: true }).catch(() => {});
const ok = await test(Deno.args[0] === "--soak" ? await soakFiles() : Deno.args);
await Deno.remove(COVERAGE_DIR, { recursive: true }).catch(() => {});
Deno.exit(ok ? 0 : 1);
