import { assert, assertEquals, assertMatch } from "@std/assert";
import { briefTable, environmentTable, VARIABLES } from "../../lib/image/environment.ts";
import { REPO } from "../_fixtures.ts";

const NAMES = VARIABLES.flatMap(({ names }) => names);

function shell(dir: string): string {
  return [...Deno.readDirSync(dir)].map(({ name, isDirectory, isFile }) =>
    isDirectory ? shell(`${dir}/${name}`) : isFile ? Deno.readTextFileSync(`${dir}/${name}`) : ""
  ).join("\n");
}

Deno.test("environmentTable() has each variable of the environment that becomes a fact", () => {
  const path = `${REPO}/rootfs/opt/hermes-boot/libexec/write-facts.sh`;
  const facts = [...Deno.readTextFileSync(path).matchAll(/^ {2}put(?:_number)? ([A-Z_]+) /gm)]
    .map(([, name]) => name!).filter((name) => name !== "HOSTNAME");
  assert(facts.length > 10);
  assertEquals(facts.filter((name) => !NAMES.includes(name)), []);
});

Deno.test("environmentTable() has no variable that nothing in the image reads", () => {
  const text = shell(`${REPO}/rootfs`);
  const unread = NAMES.filter((name) => !text.includes(name));
  // hermes's own.
  assertEquals(unread.filter((name) => !name.includes("_BASIC_AUTH_")), []);
});

Deno.test("environmentTable() has a row for each variable, once", () => {
  assertEquals(new Set(NAMES).size, NAMES.length);
  assertEquals(environmentTable().trimEnd().split("\n").length, 2 + VARIABLES.length);
});

Deno.test("briefTable() has ten rows, whose links lead to the page", () => {
  const rows = briefTable().trimEnd().split("\n").slice(2);
  assertEquals(rows.length, 10);
  for (const row of rows) {
    assertMatch(row, /^\| `HERMES_.*\|.*\| .+ \|$/);
    assert(!row.includes("](#"));
  }
});
