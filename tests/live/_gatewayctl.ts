import { assert, assertEquals } from "@std/assert";
import { jsonProblems } from "../_json_output.ts";
import type { Container, ExecOptions, ExecResult } from "../container/container.ts";

/** Runs gatewayctl in a container, as hermes unless told otherwise. */
export function ctl(
  container: Container,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  return container.exec(["/usr/local/bin/gatewayctl", ...args], { user: "hermes", ...options });
}

/** Runs gatewayctl, which must succeed, and returns what it printed. */
export async function ctlOk(
  container: Container,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await ctl(container, args, options);
  // On a busy machine it may take longer than the two seconds after which it says so.
  const said = stderr.replace(/^gatewayctl: info: .*: still at it after \d+ s\n/gm, "");
  assertEquals(
    { code, said },
    { code: 0, said: "" },
    `gatewayctl ${args.join(" ")}: ${stdout}`,
  );
  return stdout;
}

/**
 * Runs gatewayctl with --json, whatever its exit code, and compares what it
 * prints with what is declared. Returns the one list that is in it.
 */
export async function ctlJson<T = Record<string, unknown>[]>(
  container: Container,
  args: readonly string[],
): Promise<T> {
  const { stdout, stderr } = await ctl(container, [...args, "--json"]);
  assert(stdout !== "", stderr);
  const output = JSON.parse(stdout);
  assertEquals(jsonProblems(args[0] ?? "", output), []);
  return Object.values(output).find(Array.isArray) as T;
}

/** The PIDs of the gateways that are up, by profile. */
export async function pids(container: Container): Promise<Record<string, number>> {
  const reports = await ctlJson<{ profile: string; up: boolean; pid: number }[]>(container, [
    "list",
  ]);
  return Object.fromEntries(
    reports.filter(({ up }) => up).map(({ profile, pid }) => [profile, pid]),
  );
}
