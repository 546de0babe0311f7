import { permissionFlags, type Permissions } from "../../lib/image/permissions.ts";
import { runEntry } from "../_fixtures.ts";
import { type Outcome, type RunOptions, TempDir } from "../_temp.ts";

/** One kind of permission, as in the flag `--allow-<kind>`. */
export type Kind = keyof Permissions;

/** A permission a program asked for. */
export interface Asked {
  /** The kind; may be one that no stage has, such as `net`. */
  kind: string;
  /** The path, program or name. */
  value: string;
}

/** Runs an entry script under exactly some permissions, and notes what it asks for. */
export async function audit(
  entry: string,
  permissions: Permissions,
  { env, ...options }: RunOptions,
): Promise<Outcome & { asked: Asked[] }> {
  using temp = new TempDir();
  const log = temp.write("log");
  const outcome = await runEntry(entry, permissionFlags(permissions), {
    ...options,
    env: { ...env, DENO_AUDIT_PERMISSIONS: log },
  });
  const asked = Deno.readTextFileSync(log).split("\n").filter((line) => line !== "").map((line) => {
    const { permission: kind, value } = JSON.parse(line);
    return { kind, value: String(value) };
  });
  return { ...outcome, asked };
}

/** Tells whether a permission that was asked for lies inside the grants. */
export function lies({ kind, value }: Asked, permissions: Permissions): boolean {
  const grants = permissions[kind as Kind] ?? [];
  return kind === "read" || kind === "write"
    ? grants.some((grant) => value === grant || value.startsWith(`${grant}/`))
    : grants.includes(value);
}

/** Makes, for each single grant, the permissions without it. */
export function* droppedGrants(
  permissions: Permissions,
): Generator<[kind: Kind, grant: string, rest: Permissions]> {
  for (const kind of ["read", "write", "run", "net", "env"] as const) {
    for (const grant of permissions[kind] ?? []) {
      const rest = permissions[kind]?.filter((other) => other !== grant) ?? [];
      yield [kind, grant, { ...permissions, [kind]: rest }];
    }
  }
}
