import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type Cause, CAUSES } from "../../lib/explain/causes.ts";
import { COMMANDS } from "../../lib/image/commands.ts";
import { UsageError } from "../../tasks/_cli.ts";
import { parseCommand } from "../../tasks/_gatewayctl/arguments.ts";
import { gatewayTable } from "../../tasks/_gatewayctl/list_table.ts";
import { type Row, sorting, summary } from "../../tasks/_gatewayctl/rows.ts";
import { widthOf } from "../../tasks/_width.ts";
import { gateway } from "../_gateway_facts.ts";

/** A gateway that is as it is by this cause, with what it uses. */
function row(profile: string, cause: Cause, cpuPercent?: number, mebibytes = 1): Row {
  const [kind] = CAUSES[cause];
  const isUp = cpuPercent !== undefined;
  const rest = isUp ? {} : { status: null };
  const usage = isUp
    ? { usage: { cpuSeconds: 1, cpuPercent, rssBytes: mebibytes * 1024 * 1024 } }
    : {};
  const facts = gateway({ profile, ...rest });
  return { facts, diagnosis: { cause, kind, text: "" }, ...usage, lastLog: null };
}

const list = COMMANDS.find(({ name }) => name === "list")!;
const order = (words: string[], rows: readonly Row[]) =>
  sorting(parseCommand(list, words), "name")(rows).map(({ facts }) => facts.profile);

/** Makes a terminal's colours legible. */
const legible = (text: string) => text.replaceAll("\x1b[", "<");
const strip = (text: string) => legible(text).replaceAll(/<\d+m/g, "");

Deno.test("summary() counts the gateways by state, and apart from them what has none here", () => {
  const up = row("a", "running", 0);
  const some = [up, up, row("b", "crash-loop"), row("c", "stopped"), row("d", "starting")];
  assertEquals(summary(some), "5 gateways: 2 running, 1 starting, 1 stopped, 1 failed");
  const others = [row("x", "other-shard"), row("y", "illegal-name"), row("z", "no-soul")];
  assertEquals(summary([up, ...others]), "1 gateway: 1 running; 1 not here, 2 unusable");
  assertEquals(summary(others.slice(0, 1)), "0 gateways; 1 not here");
  assertEquals(summary([]), "0 gateways");
});

Deno.test("sorting() has the worst first by state, the largest by cpu and memory, and else goes by name", () => {
  const rows = [
    row("a", "running", 5, 10),
    row("b", "stopped"),
    row("c", "crash-loop"),
    row("d", "running", 90, 30),
    row("e", "no-soul"),
    row("f", "running", 5, 20),
  ];
  assertEquals(order([], rows).join(""), "abcdef");
  assertEquals(order(["--sort", "state"], rows).join(""), "cebadf");
  assertEquals(order(["--sort=cpu"], rows).join(""), "dafbce");
  assertEquals(order(["--sort=memory"], rows).join(""), "dfabce");
  const [old, young] = [row("old", "running", 0), row("young", "running", 0)];
  old.facts.status = { ...old.facts.status!, seconds: 90 };
  assertEquals(order(["--sort=since"], [rows[1]!, old, young]), ["young", "old", "b"]);
  const error = assertThrows(() => order(["--sort=size"], []), UsageError);
  assertMatch(error.message, /^--sort: expected name, state, memory, cpu or since, got "size"$/);
});

Deno.test("gatewayTable() fits every state and any name into 80 columns, of a terminal only", async () => {
  const causes = Object.keys(CAUSES) as Cause[];
  const rows = Array.from({ length: 200 }, (_, i) => {
    const name = i % 3 === 0 ? `天地${"玄".repeat(i % 60)}` : `${"team-".repeat(i % 50)}${i}`;
    const one = row(name, causes[i % causes.length]!, 3200 + i, 900_000 + i);
    one.facts.status = { ...one.facts.status!, pid: 4_194_304, seconds: 400 * 86400 };
    return { ...one, lastLog: new Date(0) };
  });
  for (const columns of [80, 100, 200]) {
    const lines = (await gatewayTable(rows, { columns, rows: 24 })).split("\n");
    assertEquals(lines.length, 201);
    for (const line of lines) assert(widthOf(strip(line)) <= columns, strip(line));
  }
  const whole = await gatewayTable(rows, undefined);
  for (const { facts: { profile } } of rows) assert(whole.includes(`${profile} `), profile);
  assertEquals(whole, strip(whole));
});

Deno.test("gatewayTable() colours the state, and nothing that is only called like one", async () => {
  const rows = [row("running", "crash-loop"), row("crash", "running", 12.34)];
  const text = legible(await gatewayTable(rows, { columns: 80, rows: 24 }));
  if (Deno.noColor) return;
  assertMatch(text, /^running {2}<31mcrash loop<39m/m);
  assertMatch(text, /^crash {4}<32mrunning {3}<39m .* 12% /m);
});
