// Hangul, kana and ideographs, what is set as wide as they are, and what is always a picture.
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const HALF = /[\uff61-\uffdc]/;
const NOTHING = /[\p{Mn}\p{Me}]/u;

function widthOfCharacter(character: string): number {
  if (character >= " " && character <= "~") return 1;
  if (NOTHING.test(character)) return 0;
  return WIDE.test(character) && !HALF.test(character) ? 2 : 1;
}

/**
 * Tells how many columns of a terminal a text takes.
 *
 * @param text The text, without control characters.
 * @returns The number.
 */
export function widthOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

/** The longest beginning, of some characters, that is not wider. */
function beginning(characters: readonly string[], width: number): string[] {
  let used = 0;
  const end = characters.findIndex((one) => (used += widthOfCharacter(one)) > width);
  return end < 0 ? [...characters] : characters.slice(0, end);
}

/**
 * Cuts a text to a width, in the middle: names that begin alike differ at the end.
 *
 * @param text The text, without control characters.
 * @param width How many columns of a terminal it may take, at least 1.
 * @returns The text, or its two ends with an ellipsis between them.
 */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const characters = [...text];
  const head = beginning(characters, Math.ceil((width - 1) / 2));
  const rest = width - 1 - widthOf(head.join(""));
  const tail = beginning(characters.reverse(), rest).reverse();
  return [...head, "…", ...tail].join("");
}
