import { timingSafeEqual } from "@std/crypto/timing-safe-equal";

/** Fewer characters than this could be guessed; more are no token. */
const LENGTHS = [16, 1024] as const;

const encoder = new TextEncoder();

/** A secret that a caller can show, in two ways. */
export interface Token {
  /** What a cookie holds: whoever reads it does not have the token. */
  cookie: string;
  /**
   * Compares a word with the token, in a time that does not depend on it.
   *
   * @param word The word.
   * @returns Whether it is the token.
   */
  matches(word: string): Promise<boolean>;
  /**
   * Compares a word with the cookie, likewise.
   *
   * @param word The word.
   * @returns Whether it is the cookie.
   */
  matchesCookie(word: string): Promise<boolean>;
}

async function digest(text: string): Promise<ArrayBuffer> {
  return await crypto.subtle.digest("SHA-256", encoder.encode(text));
}

async function deriveCookie(token: string): Promise<string> {
  const hash = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(token), hash, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, encoder.encode("hermes-boot status cookie"));
  return new Uint8Array(mac).toHex();
}

/**
 * Reads the content of a token's file: one word, which may end in a newline.
 *
 * @param text The content.
 * @returns The token.
 * @throws {TypeError} If it is shorter than 16 characters, longer than 1024, or
 * has one that is no printable ASCII.
 *
 * @example
 * ```ts
 * import { makeToken } from "./token.ts";
 * await (await makeToken("0123456789abcdef\n")).matches("0123456789abcdef"); // true
 * ```
 */
export async function makeToken(text: string): Promise<Token> {
  const word = text.replace(/\r?\n$/, "");
  const [least, most] = LENGTHS;
  if (!/^[!-~]*$/.test(word) || word.length < least || word.length > most) {
    throw new TypeError(`expected a word of ${least} to ${most} printable characters`);
  }
  const cookie = await deriveCookie(word);
  const [right, rightCookie] = await Promise.all([digest(word), digest(cookie)]);
  return {
    cookie,
    matches: async (word) => timingSafeEqual(await digest(word), right),
    matchesCookie: async (word) => timingSafeEqual(await digest(word), rightCookie),
  };
}
