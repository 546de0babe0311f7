import { UsageError } from "../_cli.ts";

function absolute(variable: string, fallback: string): string {
  const path = Deno.env.get(variable) || fallback;
  if (!path.startsWith("/")) throw new UsageError(`${variable}: expected an absolute path`);
  return path.replace(/(?<=.)\/+$/, "");
}

/**
 * Finds out where to work. Needs `--allow-env` for the two names.
 *
 * @returns The Hermes home and the scandir.
 * @throws {UsageError} If one of them is not absolute.
 */
export function places(): { home: string; scandir: string } {
  return {
    home: absolute("HERMES_HOME", "/opt/data"),
    scandir: absolute("S6_PROFILE_GATEWAY_SCANDIR", "/run/service"),
  };
}
