// A static import of it would be loaded by every command of gatewayctl, which is one file in the image: 20 ms.
const { createHash } = await import("node:crypto");

/**
 * The SHA-256 of a text. Pure.
 *
 * @param text The text, hashed as UTF-8.
 * @returns Its 64 hexadecimal digits.
 */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
