/** One variable of the container's environment, or a few that belong together. */
export interface Variable {
  /** Its names. */
  names: readonly string[];
  /** What counts where it is not set, in Markdown; empty: nothing. */
  fallback: string;
  /** What it does, in Markdown. */
  text: string;
  /** The same in a few words, for those that the README has. */
  brief?: string;
}

/** The page of the documentation that has them all. */
const PAGE = "docs/environment.md";

/** Every variable that the suite reads, in the order of the documentation. */
export const VARIABLES: readonly Variable[] = [
  {
    names: ["HERMES_HOME"],
    fallback: "`/opt/data`",
    text:
      "The Hermes home, on the volume: an absolute path without comma or newline. Symlinks are " +
      "followed once, at the start.",
    brief: "the Hermes home, on the volume",
  },
  {
    names: ["HERMES_UID", "HERMES_GID"],
    fallback: "the image's, 10000",
    text: "Who `hermes` is, 1 to 65534. 0, or what is no number, is a warning, and the image's " +
      "stays. A read-only root takes only the image's own and refuses others.",
    brief: "who `hermes` is, and so who owns the home",
  },
  {
    names: ["PUID", "PGID"],
    fallback: "",
    text: "Read where `HERMES_UID` and `HERMES_GID` are not set.",
  },
  {
    names: ["HERMES_SUPERVISION"],
    fallback: "by capabilities",
    text: "`shared`: root's s6-svscan supervises the gateways. `isolated`: one that runs as " +
      "`hermes` does. Not set: `shared` if root has CAP_CHOWN, CAP_DAC_OVERRIDE and CAP_KILL, else " +
      "`isolated`. [Which one](#shared-or-isolated).",
    brief: "`shared`, or `isolated`: an agent cannot become root",
  },
  {
    names: ["S6_PROFILE_GATEWAY_SCANDIR"],
    fallback: "`/run/service`; isolated: `/run/hermes/service`",
    text:
      "The directory that s6-svscan watches for gateways. With isolated supervision it may be " +
      "any that `hermes` can make or write to, but not PID 1's. One that cannot be used is refused.",
  },
  {
    names: ["HERMES_GATEWAY_PROFILES"],
    fallback: "`*`",
    text: "Whose gateways run here: `*`, `none`, or names and patterns with commas between " +
      "(`default,team-*`, `team-[a-f]`).",
    brief: "whose gateways run here: `default,team-*`",
  },
  {
    names: ["HERMES_GATEWAY_SHARD"],
    fallback: "all",
    text:
      "`2/5`: this is the second of five containers that share the profiles out. `hermes-1/5`, " +
      "with a StatefulSet's pod name in front, counts from 0 and means the same.",
    brief: "`2/5`: the second of five containers that share the profiles",
  },
  {
    names: ["HERMES_GATEWAY_TOPOLOGY"],
    fallback: "[by hermes's version](#one-gateway-or-one-per-profile)",
    text:
      "`one`: the root profile's gateway serves every profile. `per-profile`: each profile has " +
      "its own.",
    brief: "`one` gateway for all profiles, or one `per-profile`",
  },
  {
    names: ["GATEWAY_MULTIPLEX_PROFILES"],
    fallback: "`multiplex_profiles` in `config.yaml`",
    text: "hermes's own switch for the same: on is `one`, off is `per-profile`.",
  },
  {
    names: ["HERMES_GATEWAY_BOOTSTRAP_STATE"],
    fallback: "",
    text:
      "`running`: a root profile without a state file gets one that says so, and starts. Other " +
      "words are a warning.",
    brief: "`running`: a new root profile starts by itself",
  },
  {
    names: ["HERMES_GATEWAY_LOG_FILES"],
    fallback: "`10`",
    text: "How many old files of each gateway's log are kept, 0 to 10000.",
  },
  {
    names: ["HERMES_GATEWAY_LOG_BYTES"],
    fallback: "`1000000`",
    text: "How large each of them is, in bytes, 4096 to 268435455.",
  },
  {
    names: ["HERMES_START_PARALLEL"],
    fallback: "all at once",
    text: "How many gateways are started at a time when the container starts, for a machine that " +
      "all of them at once would overwhelm, 1 to 10000: [how](operate.md#a-few-at-a-time).",
  },
  {
    names: ["HERMES_GATEWAY_MEMORY_MAX"],
    fallback: "no limit",
    text:
      "How much data each process of a gateway may have, 16M to 1024G: bytes, or `512M`. One that asks for " +
      "more is refused it (RLIMIT_DATA; in Python a `MemoryError`). It does not bound what the " +
      "processes of a gateway take together.",
  },
  {
    names: ["HERMES_GATEWAY_NICE"],
    fallback: "`0`",
    text:
      "How nice gateways are to everything else: 0 to 19, as nice(1) has it. A number below 0 " +
      "would need a privilege.",
  },
  {
    names: ["HERMES_GATEWAY_NO_SUPERVISE"],
    fallback: "off",
    text: "On: a container's command `gateway run` is a gateway itself, and s6 does not run the " +
      "root profile's.",
  },
  {
    names: ["HERMES_RESTART_DRAIN_TIMEOUT"],
    fallback: "",
    text:
      "hermes's own: how many seconds its agents have at a restart. `gatewayctl` waits longer " +
      "before it has a gateway killed. `agent.restart_drain_timeout` in `config.yaml` counts first.",
  },
  {
    names: ["HERMES_PROFILE_WATCH"],
    fallback: "off",
    text: "On: a profile made on the volume gets its gateway by itself, and one that is removed " +
      "loses it. [More](operate.md#the-profile-watcher).",
    brief: "`1`: new profiles get their gateway by themselves",
  },
  {
    names: ["HERMES_DASHBOARD"],
    fallback: "off",
    text: "On: the dashboard runs.",
    brief: "`1`: hermes's dashboard runs, too",
  },
  {
    names: ["HERMES_DASHBOARD_HOST"],
    fallback: "`127.0.0.1`",
    text: "The dashboard's address. On any other, hermes wants a login.",
  },
  {
    names: ["HERMES_DASHBOARD_PORT"],
    fallback: "`9119`",
    text: "The dashboard's port, 1 to 65535. With anything else the dashboard stays stopped.",
  },
  {
    names: [
      "HERMES_DASHBOARD_BASIC_AUTH_USERNAME",
      "HERMES_DASHBOARD_BASIC_AUTH_PASSWORD",
      "HERMES_DASHBOARD_BASIC_AUTH_PASSWORD_HASH",
      "HERMES_DASHBOARD_BASIC_AUTH_SECRET",
    ],
    fallback: "",
    text: "The dashboard's login. hermes reads them, the suite does not.",
  },
  {
    names: ["HERMES_DASHBOARD_INSECURE"],
    fallback: "",
    text: "Does nothing; a warning says so.",
  },
  {
    names: ["HERMES_DOCKER_SOCKET"],
    fallback: "by mode",
    text: "On: `hermes` joins the group of a mounted Docker socket, which makes it " +
      "[root on the host](../SECURITY.md#what-is-not-promised). Off: never. Not set: it joins, but " +
      "not with `HERMES_SUPERVISION=isolated`, and not a group 0.",
  },
  {
    names: ["HERMES_STATUS"],
    fallback: "off",
    text: "On: a page, probes and metrics [over HTTP](http.md).",
    brief: "`1`: a page, probes and metrics [over HTTP](docs/http.md)",
  },
  {
    names: ["HERMES_STATUS_HOST"],
    fallback: "`127.0.0.1`",
    text: "Its address: an IP address or `localhost`.",
  },
  {
    names: ["HERMES_STATUS_PORT"],
    fallback: "`9118`",
    text: "Its port, 1 to 65535.",
  },
  {
    names: ["HERMES_STATUS_TOKEN_FILE"],
    fallback: "",
    text:
      "A file with the token, 16 characters or more, that the page and the API ask for. Without " +
      "one they are shown only on `127.0.0.1`, inside the container; on any other address to nobody.",
  },
  {
    names: ["HERMES_STATUS_ALLOWED_HOSTS"],
    fallback: "",
    text:
      "Names by which a browser may ask for the page (`nas.lan,hermes.example.org`), beside IP " +
      "addresses and `localhost`.",
  },
  {
    names: ["HERMES_COMMAND_USER"],
    fallback: "`hermes`",
    text: "`root`: the container's command runs as root.",
  },
  {
    names: ["HERMES_NO_SHIM", "HERMES_DOCKER_EXEC_AS_ROOT"],
    fallback: "",
    text: "Of the caller's environment. `1`: `hermes` is the image's program as it is, run by " +
      "whoever calls it. The second is upstream's name, and `true` and `yes` count there, too.",
  },
  {
    names: ["NO_COLOR", "TZ"],
    fallback: "",
    text:
      "Of the caller's environment. `gatewayctl` prints no colour; the time zone of the times " +
      "that it shows.",
  },
];

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}

/**
 * Words every variable as a Markdown table. Pure.
 *
 * @returns The table, each line ending in a newline.
 *
 * @example
 * ```ts
 * import { environmentTable } from "./environment.ts";
 * environmentTable().startsWith("| variable |"); // true
 * ```
 */
export function environmentTable(): string {
  return "| variable | default | what |\n| --- | --- | --- |\n" +
    VARIABLES.map(({ names, fallback, text }) => `| ${code(names)} | ${fallback} | ${text} |\n`)
      .join("");
}

/**
 * Words the README's variables as a Markdown table. Pure.
 *
 * @returns The table, each line ending in a newline.
 *
 * @example
 * ```ts
 * import { briefTable } from "./environment.ts";
 * briefTable().includes("HERMES_HOME"); // true
 * ```
 */
export function briefTable(): string {
  const rows = VARIABLES.filter(({ brief }) => brief !== undefined)
    .map(({ names, fallback, brief }) =>
      `| ${code(names)} | ${fallback.replace("](#", `](${PAGE}#`)} | ${brief} |\n`
    );
  return `| variable | default | what |\n| --- | --- | --- |\n${rows.join("")}`;
}
