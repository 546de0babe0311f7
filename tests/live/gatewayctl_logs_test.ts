import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { jsonProblems } from "../_json_output.ts";
import { until } from "../container/container.ts";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIR } from "./_live.ts";

const LOGS = "/opt/data/logs/gateways";

liveTest("gatewayctl logs shows the last lines, and -f what comes then", async (boot, test) => {
  const { container, home } = await boot({ coder: RUNNING, writer: RUNNING });
  await home.untilLogged("coder", "writer");

  await test.step("in the caller's time, where TZ says so", async () => {
    const hour = async (env: Record<string, string>) => {
      const stdout = await ctlOk(container, ["logs", "coder"], { env });
      return Number(/ (\d\d):/.exec(stdout)?.[1]);
    };
    const utc = await hour({ TZ: "UTC" });
    assertEquals(await hour({ TZ: "Asia/Tokyo" }), (utc + 9) % 24);
    assert(await hour({}) >= 0);
  });

  await test.step("with plain times, also of a stopped gateway, as many as asked for", async () => {
    await home.untilMinding("coder");
    await ctlOk(container, ["stop", "coder"]);
    const said = await until("both lines", async () => {
      const stdout = await ctlOk(container, ["logs", "coder"]);
      return stdout.includes("stopped") && stdout;
    });
    assertMatch(
      said,
      /^2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d {2}gateway coder: up as hermes, pid \d+\n2\S+ \S+ {2}gateway coder: stopped\n$/,
    );
    const lines = Array.from({ length: 50 }, (_, i) => `line ${i}`).join("\n");
    await container.sh(`echo "${lines}" >>${LOGS}/coder/current`);
    const shown = await ctlOk(container, ["logs", "coder"]);
    assertEquals(shown.trimEnd().split("\n").length, 20);
    assertEquals(await ctlOk(container, ["logs", "-n", "2", "coder"]), "line 48\nline 49\n");
    assertEquals((await ctl(container, ["logs", "nope"])).code, 3);
  });

  await test.step("with -f across a rotation", async () => {
    await container.sh(
      "s6-setuidgid hermes timeout 20 /usr/local/bin/gatewayctl logs writer -f -n 1 >/opt/data/followed 2>&1 &",
    );
    const read = () => Deno.readTextFile(`${home.path}/followed`).catch(() => "");
    await until("the last line", async () => (await read()).includes("up as hermes"));
    await container.sh(`echo first >>${LOGS}/writer/current`);
    // The follower is past its start, and asleep until its next look.
    await until("the first line", async () => (await read()).includes("first\n"), 30_000);
    await container.sh(`cd ${LOGS}/writer
n=0; while [ $n -lt 3 ]; do
  s6-svc -a ${SCANDIR}/gateway-writer/log
  before=$(ls | wc -l)
  i=0; while [ "$(ls | wc -l)" -eq "$before" ] && [ $i -lt 50 ]; do sleep 0.02; i=$((i + 1)); done
  echo "rotated $n" >>current
  n=$((n + 1))
done`);
    const text = await until("all lines", async () => {
      const text = await read();
      return text.includes("rotated 2") && text;
    });
    const lines = text.trimEnd().split("\n");
    assertMatch(lines[0] ?? "", /gateway writer: up as hermes/);
    assertEquals(lines.slice(1), ["first", "rotated 0", "rotated 1", "rotated 2"]);
    const files = [...Deno.readDirSync(`${home.path}/logs/gateways/writer`)];
    assert(files.some(({ name }) => name.startsWith("@")), "nothing was rotated");
  });

  await test.step("and ends quietly when its reader goes away", async () => {
    const { stdout, stderr } = await container.sh(
      `for i in 1 2 3; do head -c 200000 /usr/bin/env | od >>${LOGS}/coder/current; done;` +
        "/usr/local/bin/gatewayctl logs coder -n 30000 | head -n 1",
    );
    assertEquals(stdout.split("\n").length, 2);
    assert(!/^\s+at /m.test(stderr), stderr);
    assert(stderr.split("\n").length <= 2, stderr);
  });
});

liveTest(
  "gatewayctl logs of several gateways is one log, by time, with profiles",
  async (boot, test) => {
    const profiles = { coder: RUNNING, "team-a": RUNNING, "team-b": RUNNING };
    const { container, home } = await boot(profiles);
    await home.untilLogged(...Object.keys(profiles));
    const log = (profile: string, second: number, text: string) =>
      container.sh(
        `echo "2031-01-01 00:00:0${second}.000000000  ${text}" >>${LOGS}/${profile}/current`,
      );
    await log("team-a", 1, "one");
    await log("team-b", 2, "two");
    await log("team-a", 3, "three");
    await log("coder", 4, "four");
    const late = ["--since", "2031-01-01T00:00:00Z"];

    await test.step("of patterns and names, each line after its profile", async () => {
      const stdout = await ctlOk(container, ["logs", "team-*", ...late], { env: { TZ: "UTC" } });
      assertEquals(
        stdout,
        `team-a | 2031-01-01 00:00:01  one
team-b | 2031-01-01 00:00:02  two
team-a | 2031-01-01 00:00:03  three
`,
      );
      const all = await ctlOk(container, ["logs", "--all", "-n", "1"]);
      assertEquals(all.trimEnd().split("\n").length, 3, all); // default has logged nothing
      const { code, stdout: shown, stderr } = await ctl(container, ["logs", "coder", "team-x"]);
      assertEquals(code, 3);
      assertMatch(shown, /^coder \| .* four$/m);
      assertMatch(stderr, /^gatewayctl: error: team-x: [^\n]*; did you mean "team-[ab]"\?\n$/);
      const none = await ctl(container, ["logs", "nope-*"]);
      assertEquals([none.code, none.stdout], [3, ""]);
      assertEquals(
        none.stderr,
        'gatewayctl: error: no profile matches "nope-*"; see "gatewayctl list"\n',
      );
    });

    await test.step("since a time only, or since the last few minutes", async () => {
      const since = async (when: string) =>
        await ctlOk(container, ["logs", "team-a", "--since", when]);
      assertMatch(await since("5m"), /up as hermes[^]*one\n[^]*three\n$/);
      assertEquals((await since("2031-01-01T00:00:02Z")).trimEnd().split("\n").length, 1);
      assertEquals(await since("2032-01-01"), "");
      assertEquals((await ctl(container, ["logs", "coder", "--since", "soon"])).code, 2);
    });

    await test.step("as JSON, an object on each line", async () => {
      const stdout = await ctlOk(container, ["logs", "team-a", "team-b", "--json", ...late]);
      const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
      assertEquals(lines.flatMap((line) => jsonProblems("logs", line)), []);
      assertEquals(lines.map(({ profile, time, text }) => [profile, time, text]), [
        ["team-a", "2031-01-01T00:00:01.000Z", "one"],
        ["team-b", "2031-01-01T00:00:02.000Z", "two"],
        ["team-a", "2031-01-01T00:00:03.000Z", "three"],
      ]);
    });

    await test.step("in colours on a terminal, unless NO_COLOR or TERM=dumb says no", async () => {
      const shown = async (env: string) => {
        const command = `${env} gatewayctl logs team-a team-b -n 1`;
        return (await container.sh(`script -qec '${command}' /dev/null </dev/null`)).stdout;
      };
      assertStringIncludes(await shown("TERM=xterm"), "mteam-a |\x1b[39m ");
      for (const env of ["TERM=xterm NO_COLOR=1", "TERM=dumb"]) {
        const text = await shown(env);
        assert(/^team-[ab] \| /m.test(text) && !text.includes("\x1b"), text);
      }
    });

    await test.step("with -f all of them, and a gateway that comes later", async () => {
      await container.sh(
        "s6-setuidgid hermes timeout 40 /usr/local/bin/gatewayctl logs '*' -f -n 0 >/opt/data/followed 2>&1 &",
      );
      const read = () => Deno.readTextFile(`${home.path}/followed`).catch(() => "");
      await until("the follower is there", async () => {
        await log("coder", 5, "five");
        return (await read()).includes("five");
      }, 30_000);
      await log("team-b", 6, "six");
      await until("six", async () => /^team-b  ?\| .* six$/m.test(await read()), 30_000);
      await home.add("late", RUNNING);
      await ctlOk(container, ["register", "lat?"]);
      await until("late", async () => /^late +\| .* up as hermes/m.test(await read()), 30_000);
    });

    await test.step("and a follower ends when nobody reads any more", async () => {
      const { code } = await container.sh(
        `{ timeout 30 gatewayctl logs --all -f -n 1; echo $? >/opt/data/ended; } 2>&1 | head -n 1 &
wait_for() { i=0; until "$@" || [ $i -gt 300 ]; do echo "2031-01-01 00:00:07.000000000  x" >>${LOGS}/coder/current; sleep 0.1; i=$((i + 1)); done; }
wait_for test -s /opt/data/ended; [ "$(cat /opt/data/ended)" = 0 ]`,
      );
      assertEquals(code, 0);
    });
  },
);
