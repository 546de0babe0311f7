import { assertEquals, assertMatch } from "@std/assert";
import { ctl } from "./_gatewayctl.ts";
import { Home, liveTest, startContainer, SUPERVISION } from "./_live.ts";

liveTest("a boot and a sync warn of more gateways than root's s6-svscan supervises", async () => {
  const names = Array.from({ length: 500 }, (_, index) => `p${index}`);
  await using home = await Home.make(Object.fromEntries(names.map((name) => [name, {}])));
  await using container = await startContainer(home);
  // Only the hooks: s6-svscan does not see the slots.
  const said: string[] = [];
  for (
    const hook of (await container.sh("LC_ALL=C ls /etc/cont-init.d")).stdout.trim().split("\n")
  ) {
    const { code, stderr } = await container.exec([`/etc/cont-init.d/${hook}`]);
    assertEquals(code, 0, stderr);
    said.push(...stderr.split("\n"));
  }
  const { stderr } = await ctl(container, ["sync", "--dry-run"]);
  for (const lines of [said, stderr.split("\n")]) {
    const warnings = lines.filter((line) => line.includes(" services in "));
    assertEquals(warnings.length, SUPERVISION === "shared" ? 1 : 0);
    for (const warning of warnings) {
      assertMatch(
        warning,
        /: warning: 5\d\d services in \/run\/service: .* 500 .*HERMES_SUPERVISION=isolated/,
      );
    }
  }
});
