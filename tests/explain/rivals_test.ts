import { assertEquals } from "@std/assert";
import { findRivals } from "../../lib/explain/rivals.ts";

function line(time: string, container: string, profile: string, action = "started"): string {
  return `${time} container=${container} profile=${profile} prior_state=running action=${action}`;
}

Deno.test("findRivals() finds who has started the same gateways since, and when last", () => {
  const log = [
    ...[line("T0", "old", "coder"), line("T1", "own", "coder"), line("T1", "own", "writer")],
    ...[line("T2", "new", "coder"), line("T3", "new", "coder"), line("T3", "new", "writer")],
    ...[line("T3", "new", "elsewhere"), line("T4", "third", "writer")],
  ];
  assertEquals(findRivals(log, "own", ["coder", "writer"]), [
    { container: "new", time: "T3", profiles: ["coder", "writer"] },
    { container: "third", time: "T4", profiles: ["writer"] },
  ]);
});

Deno.test("findRivals() finds nobody who has registered or skipped them, or has others", () => {
  const log = [
    ...[line("T1", "own", "coder"), line("T2", "b", "coder", "registered")],
    ...[line("T2", "b", "writer"), line("T2", "c", "coder", "skipped")],
  ];
  assertEquals(findRivals(log, "own", ["coder"]), []);
});

Deno.test("findRivals() finds nobody where it is not known who is who", () => {
  const log = ["T0 profile=coder action=started", line("T2", "new", "coder")];
  assertEquals(findRivals(log, "own", ["coder"]), []);
  assertEquals(findRivals([line("T1", "own", "coder"), ...log], "", ["coder"]), []);
});
