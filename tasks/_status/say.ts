import { terminalSafe } from "../../lib/_quote.ts";
import { wordJson } from "../_gatewayctl/json.ts";

/**
 * Answers in a few words.
 *
 * @param status The status.
 * @param words The words: one line, or several.
 * @param headers More headers.
 * @returns The response.
 */
export function say(
  status: number,
  words: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const text = words.split("\n").map(terminalSafe).join("\n");
  return new Response(`${text}\n`, {
    status,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      ...headers,
    },
  });
}

/**
 * Answers a caller of the API that it gets nothing.
 *
 * @param status The status.
 * @param error Why.
 * @param headers More headers.
 * @returns The response.
 */
export function sayError(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${wordJson({ error })}\n`, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}
