import { assertEquals } from "@std/assert";
import { accessProblem } from "../../lib/explain/access.ts";

const HERMES = { uid: 10, gid: 20 };

Deno.test("accessProblem() names what keeps hermes out of a directory, and the command that lets it in", () => {
  const give = "chown -hR hermes: /d";
  const own = "chmod u+rwx /d";
  const cases: readonly [uid: number, gid: number, mode: number, help: string | undefined][] = [
    [10, 20, 0o755, undefined],
    [10, 20, 0o700, undefined],
    [10, 20, 0o577, own], // the owner's bits count
    [0, 0, 0o755, give],
    [0, 0, 0o777, undefined],
    [0, 20, 0o775, undefined],
    [0, 20, 0o707, give], // the group's bits count
    [0, 5, 0o770, undefined], // hermes may be in that group
    [0, 0, 0o500, `${own} && ${give}`],
  ];
  for (const [uid, gid, mode, help] of cases) {
    const problem = accessProblem("/d", { isDirectory: true, uid, gid, mode }, HERMES);
    assertEquals([uid, gid, mode, problem?.help], [uid, gid, mode, help]);
  }
});

Deno.test("accessProblem() moves aside what is no directory, and quotes the path", () => {
  const looks = { isDirectory: false, uid: 10, gid: 20, mode: 0o644 };
  assertEquals(accessProblem("/a b", looks, HERMES), {
    ...{ text: "/a b is not a directory", help: "mv '/a b' '/a b'.bad" },
  });
});

Deno.test("accessProblem() says who has it, and that only root can help", () => {
  const looks = { isDirectory: true, uid: 0, gid: 0, mode: 0o755 };
  assertEquals(
    accessProblem("/d", looks, HERMES)?.text,
    "/d belongs to UID 0, and only root can give it to hermes",
  );
});
