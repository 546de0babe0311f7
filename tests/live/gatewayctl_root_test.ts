import { assert, assertEquals } from "@std/assert";
import type { Container } from "../container/container.ts";
import { ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIR, untilAllUp } from "./_live.ts";

/** What belongs to root in the home and, what s6 makes itself aside, in the scandir. */
async function ofRoot(container: Container): Promise<string[]> {
  const { stdout } = await container.sh(
    `find /opt/data ${SCANDIR} ! -user hermes ! -path '*/s6-linux-init-shutdownd*'` +
      " ! -path '*/.s6-svscan*' ! -name lock ! -name status ! -name death_tally",
  );
  return stdout.trim().split("\n").sort();
}

liveTest("gatewayctl as root changes no file's owner to root", async (boot) => {
  const { container, home } = await boot({ default: RUNNING, coder: RUNNING });
  await untilAllUp(container, "coder", "default");
  const before = await ofRoot(container);
  await home.add("writer", RUNNING);
  await home.add("late", RUNNING);
  const user = "root";
  for (
    const args of [
      ...[["list"], ["status"], ["stop", "coder"], ["start", "coder"], ["restart", "default"]],
      ...[["register", "writer", "--env", "A=1"], ["unregister", "coder"], ["sync", "--prune"]],
      ...[["why", "coder"], ["doctor"], ["logs", "coder"], ["health"], ["stop", "--all"]],
      ["completion", "bash"],
    ]
  ) {
    await ctlOk(container, args, { user });
    assertEquals(await ofRoot(container), before, args.join(" "));
  }
  const { stdout } = await container.sh(
    "stat -c '%U %a' /opt/data/profiles/coder/gateway_state.json",
  );
  assertEquals(stdout, "hermes 644\n");
});

liveTest(
  "bash's completions know commands, options and profiles, and run nothing",
  async (boot) => {
    const { container, home } = await boot({ coder: RUNNING, writer: {} });
    await Deno.mkdir(`${home.path}/profiles/$(touch \${HERMES_HOME}pwned)`);
    await home.put("late", {});
    const file = "/usr/share/bash-completion/completions/gatewayctl";
    const complete = async (...words: string[]) => {
      const quoted = words.map((word) => `'${word}'`).join(" ");
      const { code, stdout, stderr } = await container.exec([
        "bash",
        "-c",
        `set -u
. ${file}; COMP_WORDS=(gatewayctl ${quoted}); COMP_CWORD=${words.length}; _gatewayctl
printf '%s\\n' "\${COMPREPLY[@]+"\${COMPREPLY[@]}"}"`,
      ]);
      assertEquals([code, stderr], [0, ""]);
      return stdout.trim().split("\n").filter((word) => word !== "");
    };
    const loaded = `bash -n ${file} && . ${file} && complete -p gatewayctl`;
    const { stdout: bound } = await container.exec(["bash", "-c", loaded]);
    assertEquals(bound, "complete -F _gatewayctl gatewayctl\n");
    for (
      const [line, words] of [
        ["st", "status start stop"],
        ["start|", "coder default writer"],
        ["start|coder|w", "writer"],
        ["start|--no", "--no-wait"],
        ["start|--timeout|", ""],
        ["why|l", "late"],
        ["health|--profile|c", "coder"],
        ["completion|", "bash zsh"],
        ["nope|", ""],
      ] as const
    ) assertEquals((await complete(...line.split("|"))).join(" "), words, line);
    const pwned = await container.sh("ls -d /opt/datapwned /opt/data/pwned pwned 2>/dev/null");
    assertEquals(pwned.stdout, "");
    for (const shell of ["bash", "zsh"]) {
      const installed = shell === "bash" ? file : "/usr/share/zsh/vendor-completions/_gatewayctl";
      const { stdout } = await container.exec(["cat", installed]);
      assertEquals(await ctlOk(container, ["completion", shell]), stdout);
      assert(stdout.length > 0);
    }
  },
);
