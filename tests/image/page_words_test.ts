import { assertEquals } from "@std/assert";
import { CAUSES } from "../../lib/explain/causes.ts";
import { PAGE_WORDS_FILE, renderPageWords } from "../../lib/image/page_words.ts";
import { REPO } from "../_fixtures.ts";

Deno.test("renderPageWords() renders a module with the words of every cause", async () => {
  const url = `data:text/javascript,${encodeURIComponent(renderPageWords())}`;
  const { WORDS } = await import(url);
  const words = Object.entries(CAUSES).map(([cause, [, words]]) => [cause, words]);
  assertEquals([...WORDS], words);
});

Deno.test("renderPageWords() is what the status page has", () => {
  assertEquals(Deno.readTextFileSync(`${REPO}/rootfs/${PAGE_WORDS_FILE}`), renderPageWords());
});
