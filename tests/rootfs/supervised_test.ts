import { assertEquals } from "@std/assert";
import { mkfifo } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";
import { until } from "../container/until.ts";
import { Tree } from "./_tree.ts";

Deno.test("supervised lists the service of each s6-supervise of a gateway or a logger", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const name = `gateway-${crypto.randomUUID()}`;
  temp.mkdir(name);
  const commands = [["s6-supervise", `${name}/log`], ["s6-supervise", "other"], [
    "cat",
    `${name}-x`,
  ]];
  for (const [, service] of commands) mkfifo(`${temp.path}/${service}`);
  const children = commands.map(([argv0 = "", service = ""]) =>
    // It waits for somebody to write into the FIFO.
    new Deno.Command("bash", {
      args: ["-c", 'exec -a "$0" cat "$1"', argv0, service],
      cwd: temp.path,
    }).spawn()
  );
  const list = async () => {
    const { stdout } = await tree.run("opt/hermes-boot/libexec/supervised");
    return stdout.split("\n").filter((line) => line.includes(name) || line === "other");
  };
  try {
    await until("it is listed", async () => (await list()).length > 0);
    assertEquals(await list(), [`${name}/log`]);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map(({ status }) => status));
  }
});
