import { permissionFlags, type Permissions } from "../../lib/image/permissions.ts";

/** One kind of permission, as in the flag `--allow-<kind>`. */
export type Kind = keyof Permissions;

/** A permission a program asked for. */
export interface Asked {
  /** The kind; may be one that no stage has, such as `net`. */
  kind: string;
  /** The path, program or name. */
  value: string;
}

/** What an audited run did. */
export interface AuditedRun {
  /** Its exit code. */
  code: number;
  /** Its standard output. */
  stdout: string;
  /** Its standard error. */
  stderr: string;
  /** What it asked for, without repetitions. */
  asked: Asked[];
}

/** A program to run: an entry script, its arguments and its environment. */
export interface Program {
  /** The entry script, relative to the repository. */
  entry: string;
  /** Its arguments. */
  args?: readonly string[];
  /** Its environment. */
  env?: Readonly<Record<string, string>>;
  /** Its standard input. Default: none. */
  stdin?: string;
}

const REPOSITORY = new URL("../..", import.meta.url).pathname;

/** Runs a program under exactly the given permissions, with Deno's audit log on. */
export async function audit(program: Program, permissions: Permissions): Promise<AuditedRun> {
  const log = await Deno.makeTempFile();
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--cached-only", "--quiet"],
        ...permissionFlags(permissions),
        REPOSITORY + program.entry,
        ...program.args ?? [],
      ],
      env: { ...program.env, DENO_AUDIT_PERMISSIONS: log, NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    // A program that fails at once does not read it.
    await new Blob([program.stdin ?? ""]).stream().pipeTo(child.stdin).catch(() => {});
    const { code, stdout, stderr } = await child.output();
    const asked = new Map<string, Asked>();
    for (const line of (await Deno.readTextFile(log)).split("\n")) {
      if (line === "") continue;
      const { permission: kind, value } = JSON.parse(line);
      asked.set(`${kind} ${value}`, { kind, value: String(value) });
    }
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
      asked: [...asked.values()],
    };
  } finally {
    await Deno.remove(log);
  }
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
  for (const kind of ["read", "write", "run", "env"] as const) {
    for (const grant of permissions[kind] ?? []) {
      const rest = permissions[kind]?.filter((other) => other !== grant) ?? [];
      yield [kind, grant, { ...permissions, [kind]: rest }];
    }
  }
}
