import { assertEquals } from "@std/assert";
import { isHealthy } from "../../lib/explain/health.ts";

const DOWN = {
  ...{ profile: "coder", up: false, wantedUp: false, pid: null, seconds: 5 },
  ...{ exitCode: 0, signal: null, deaths: 1 },
};

Deno.test("isHealthy() is true for what is up, and for what is meant to be down", () => {
  assertEquals(isHealthy({ ...DOWN, up: true, wantedUp: true, pid: 1 }, "running"), true);
  assertEquals(isHealthy({ ...DOWN, exitCode: 1 }, "stopped"), true);
  assertEquals(isHealthy({ ...DOWN, exitCode: 78 }, null), true);
  assertEquals(isHealthy(null, "stopped"), true);
});

Deno.test("isHealthy() is true for a gateway that ended by itself with exit code 0", () => {
  assertEquals(isHealthy(DOWN, "running"), true);
});

Deno.test("isHealthy() is false for what is down and wanted up", () => {
  assertEquals(isHealthy({ ...DOWN, wantedUp: true }, "stopped"), false);
  assertEquals(isHealthy({ ...DOWN, exitCode: 78 }, "running"), false);
  assertEquals(isHealthy({ ...DOWN, exitCode: null, signal: "SIGKILL" }, "running"), false);
  assertEquals(isHealthy(null, "running"), false);
});
