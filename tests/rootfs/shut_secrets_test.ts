import { assertEquals, assertMatch } from "@std/assert";
import { IS_ROOT, REPO } from "../_fixtures.ts";
import { modeOf, type Outcome, run, TempDir } from "../_temp.ts";

function shutSecrets(home: string, { as = [] as string[] } = {}): Promise<Outcome> {
  const [program = "", ...args] = [
    ...[...as, `${REPO}/rootfs/opt/hermes-boot/libexec/shut-secrets`, "prog", home],
  ];
  return run(program, { args, env: { PATH: "/usr/bin:/bin" } });
}

Deno.test("shut-secrets shuts .env and config.yaml of the home and of its profiles, and adds no bit", async () => {
  using temp = new TempDir();
  const files: readonly [path: string, before: number, after: number][] = [
    [".env", 0o644, 0o600],
    ["config.yaml", 0o666, 0o640],
    ["profiles/coder/.env", 0o777, 0o600],
    ["profiles/coder/config.yaml", 0o604, 0o600],
    ["profiles/writer/.env", 0o400, 0o400],
    ["profiles/writer/config.yaml", 0o440, 0o440],
    ["other", 0o644, 0o644],
    ["profiles/.env", 0o644, 0o644],
    ["workspace/.env", 0o644, 0o644],
    ["profiles/coder/workspace/.env", 0o644, 0o644],
  ];
  for (const dir of ["profiles/coder/workspace", "profiles/writer", "workspace"]) temp.mkdir(dir);
  for (const [path, before] of files) temp.write(path, "", before);
  const { code, stdout, stderr } = await shutSecrets(temp.path);
  assertEquals([code, stdout, stderr], [0, "", ""]);
  const seen = files.map(([path]) => [path, modeOf(`${temp.path}/${path}`)]);
  assertEquals(seen, files.map(([path, , after]) => [path, after]));
});

Deno.test("shut-secrets leaves alone what a symlink leads to, and what is no regular file", async () => {
  using temp = new TempDir();
  const [home, elsewhere] = [temp.mkdir("home"), temp.mkdir("elsewhere")];
  temp.mkdir("elsewhere/coder");
  for (const file of ["a", "coder/.env"]) temp.write(`elsewhere/${file}`, "", 0o644);
  Deno.symlinkSync(`${elsewhere}/a`, `${home}/.env`);
  Deno.symlinkSync(elsewhere, `${home}/profiles`);
  temp.mkdir("home/config.yaml");
  const { code, stderr } = await shutSecrets(home);
  assertEquals([code, stderr], [0, ""]);
  const modes = ["elsewhere/a", "elsewhere/coder/.env", "home/config.yaml"];
  assertEquals(modes.map((path) => modeOf(`${temp.path}/${path}`)), [0o644, 0o644, 0o755]);
});

Deno.test({
  name: "root: shut-secrets warns of a file that is somebody else's",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    Deno.chmodSync(temp.path, 0o755);
    temp.write(".env", "", 0o644);
    const as = ["/usr/bin/setpriv", "--reuid=10000", "--regid=10000", "--clear-groups"];
    const { code, stderr } = await shutSecrets(temp.path, { as });
    assertEquals(code, 0);
    assertMatch(stderr, /^prog: warning: changing permissions of '\.\/\.env': [^\n]*\n$/);
  },
});
