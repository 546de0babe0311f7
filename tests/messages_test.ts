import { assertEquals } from "@std/assert";
import { REPO } from "./_fixtures.ts";

function* sources(dir: string): Generator<[path: string, text: string]> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(dir)) {
    if (isDirectory) yield* sources(`${dir}/${name}`);
    else if (isFile) {
      yield [`${dir}/${name}`.slice(REPO.length + 1), Deno.readTextFileSync(`${dir}/${name}`)];
    }
  }
}

Deno.test("messages are errors, warnings or information, by these three words", () => {
  const others = /: (fatal|err|warn|note|notice|debug|critical|ERROR|WARNING|INFO): /;
  const found = ["rootfs", "lib", "tasks"].flatMap((dir) => [...sources(`${REPO}/${dir}`)])
    .flatMap(([path, text]) =>
      text.split("\n").flatMap((line, i) => others.test(line) ? [`${path}:${i + 1}: ${line}`] : [])
    );
  assertEquals(found, []);
});
