import { factsText } from "../_facts.ts";
import { fakeBin, REPO } from "../_fixtures.ts";
import { type Outcome, run, type RunOptions, runSync, type TempDir } from "../_temp.ts";

// What the scripts name by its place in the image.
const PLACES = [
  ...["/opt/hermes-boot/", "/run/hermes-boot", "/command/"],
  ...["/usr/local/bin/deno", "/usr/local/bin/gatewayctl"],
];

/** The image's scripts in a temp dir: the same text, but that they find each other and fakes there. */
export class Tree {
  /** Where they are. */
  readonly path: string;
  /** For PATH: the programs of {@linkcode Tree.fake}, and the system's. */
  readonly searchPath: string;

  /** Lays them out. */
  constructor(temp: TempDir) {
    this.path = temp.mkdir("root");
    this.searchPath = `${this.path}/bin:/usr/bin:/bin`;
    runSync("cp", "-R", ...["etc", "opt", "usr"].map((dir) => `${REPO}/rootfs/${dir}`), this.path);
    const script = PLACES.map((place) => `s|${place}|${this.path}${place}|g`).join(";");
    runSync(
      "/bin/sh",
      "-c",
      'grep -rlE "^#|sh$" "$1" | xargs sed -i "$2"',
      "sh",
      this.path,
      script,
    );
    this.fake("bin/with-contenv", 'exec "$@"');
    this.facts({});
  }

  /** Puts a fake program into it. */
  fake(path: string, body: string): void {
    const [, dir = "", name = ""] = /^(.*)\/(.*)$/.exec(path) ?? [];
    fakeBin(`${this.path}/${dir}`, { [name]: body });
  }

  /** Writes the facts. */
  facts(values: Readonly<Record<string, string>>): void {
    const all = {
      home: "/opt/data",
      scandir: "/run/service",
      mode: "shared",
      lacks: "",
      ...values,
    };
    Deno.mkdirSync(`${this.path}/run/hermes-boot`, { recursive: true });
    Deno.writeTextFileSync(`${this.path}/run/hermes-boot/facts`, factsText(all));
  }

  /** The text of a script, made for the image, as it finds its places in here. */
  relocate(text: string): string {
    return PLACES.reduce((moved, place) => moved.replaceAll(place, this.path + place), text);
  }

  /** Runs a script as whoever runs the tests; `sh` keeps become-hermes out of it. */
  run(script: string, { env = {}, ...options }: RunOptions = {}): Promise<Outcome> {
    return run("/bin/sh", {
      ...options,
      args: [`${this.path}/${script}`, ...options.args ?? []],
      env: { PATH: this.searchPath, ...env },
    });
  }

  /** Runs shell lines after sourcing files of libexec. */
  source(files: readonly string[], script: string, options: RunOptions = {}): Promise<Outcome> {
    const sources = files.map((file) => `. ${this.path}/opt/hermes-boot/libexec/${file}\n`).join(
      "",
    );
    const args = ["-c", sources + script, "sh", ...options.args ?? []];
    return run("/bin/sh", { ...options, args, env: { PATH: this.searchPath, ...options.env } });
  }
}
