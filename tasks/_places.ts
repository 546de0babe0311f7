import { UsageError } from "./_cli.ts";

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

/** What `--help` says of the variables behind {@linkcode places}. */
export const PLACES_HELP = `
  HERMES_HOME                  the Hermes home, absolute (/opt/data)
  S6_PROFILE_GATEWAY_SCANDIR   the scandir, absolute (/run/service)`.slice(1);
