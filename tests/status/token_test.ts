import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { makeToken } from "../../lib/status/token.ts";

const WORD = "correct-horse-battery";

Deno.test("a token matches itself and nothing else, of whatever length", async () => {
  const token = await makeToken(WORD);
  assert(await token.matches(WORD));
  for (const word of ["", "x", WORD.slice(1), `${WORD} `, `${WORD}\n`, WORD.toUpperCase()]) {
    assert(!await token.matches(word), word);
  }
});

Deno.test("a token's cookie is another secret, the same each time, and opens nothing as a token", async () => {
  const [token, again, other] = await Promise.all([WORD, `${WORD}\n`, `${WORD}!`].map(makeToken));
  assert(token !== undefined && again !== undefined && other !== undefined);
  assertEquals(token.cookie, again.cookie);
  assertNotEquals(token.cookie, other.cookie);
  assertEquals(token.cookie.includes(WORD), false);
  assert(await token.matchesCookie(again.cookie));
  for (const word of ["", WORD, other.cookie]) assert(!await token.matchesCookie(word));
  assert(!await token.matches(token.cookie));
});

Deno.test("makeToken() takes one word of 16 to 1024 printable characters, which may end in a newline", async () => {
  for (const text of ["x".repeat(16), "x".repeat(1024), `${WORD}\r\n`, `${WORD}\n`]) {
    await makeToken(text);
  }
  for (
    const text of [
      ...["", "\n", "x".repeat(15), "x".repeat(1025), `${WORD} ${WORD}`, `${WORD}\n\n`],
      ...[`${WORD}\n${WORD}`, `${WORD}é`, `${WORD}\0`, `\ufeff${WORD}`],
    ]
  ) {
    const error = await assertRejects(() => makeToken(text), TypeError, "expected a word");
    assert(!error.message.includes("horse"), "the message has it");
  }
});
