import { assertEquals, assertStringIncludes } from "@std/assert";
import { liveTest, RUNNING, THREE, untilStatus } from "./_live.ts";

/** What hermes has put into a /run of mode 0777 before the hooks, as shell lines. */
const PLANTS: Readonly<Record<string, string>> = {
  "a directory of its own": "mkdir -m 700 /run/hermes-boot && evil >/run/hermes-boot/facts",
  "a symlink to one": "mkdir /tmp/x && evil >/tmp/x/facts && ln -s /tmp/x /run/hermes-boot",
  "root's directory of another name":
    "mv /run/lock /run/hermes-boot && evil >/run/hermes-boot/facts && ln -s /etc/passwd /run/hermes-boot/facts.new",
  "a file": "evil >/run/hermes-boot",
};

// Whoever sources it leaves a file of the user's own.
const EVIL = `evil() { printf 'home=/tmp\\nrefused=\\n: >/tmp/canary.$(id -u)\\n'; }\n`;

const AS_HERMES = `mv /run/hermes-boot /run/old
mv /run/hermes-boot/facts /run/hermes-boot/old
rm -f /run/hermes-boot/facts
echo x >>/run/hermes-boot/facts
: >/run/hermes-boot/facts.new
mkdir /run/mine`;

for (const [what, plant] of Object.entries(PLANTS)) {
  liveTest(
    `in a /run that anybody may write to, facts planted as ${what} are nobody's`,
    async (boot) => {
      for (const capabilities of [undefined, THREE]) {
        const { container } = await boot({ default: RUNNING, coder: RUNNING }, {
          hooks: false,
          ...capabilities && { capabilities },
        });
        await container.sh("chmod 777 /run && mkdir -m 1777 /run/lock");
        const planted = await container.sh(EVIL + plant, { user: "hermes" });
        assertEquals([planted.code, planted.stderr], [0, ""]);
        const hooks = await container.boot();
        for (const [name, { code, stderr }] of hooks) assertEquals([code, stderr], [0, ""], name);
        const { stdout } = await container.sh(
          "stat -c '%n %U:%G %a' /run /run/hermes-boot /run/hermes-boot/facts",
        );
        assertEquals(stdout.trim().split("\n"), [
          ...["/run root:root 755", "/run/hermes-boot root:root 755"],
          "/run/hermes-boot/facts root:root 644",
        ]);
        const scandir = capabilities === undefined ? "/run/service" : "/run/hermes/service";
        await untilStatus(container, `${scandir}/gateway-coder`, "up", ({ up }) => up);
        assertStringIncludes(
          (await container.sh("cat /run/hermes-boot/facts")).stdout,
          "home='/opt/data'\n",
        );
        for (const line of AS_HERMES.split("\n")) {
          const { code } = await container.sh(line, { user: "hermes" });
          assertEquals(code === 0, false, line);
        }
        assertEquals((await container.sh("ls /tmp/canary.*")).stdout, "");
        assertEquals((await container.sh("wc -l </etc/passwd")).stdout, "2\n");
      }
    },
  );
}
