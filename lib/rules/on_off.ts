/**
 * Reads a switch as the environment has it: `1`, `true`, `yes` and `on`, or
 * `0`, `false`, `no` and `off`, in any case. Pure.
 *
 * @param text The variable's value.
 * @returns Whether it is on; `undefined` if it is neither.
 *
 * @example
 * ```ts
 * import { onOff } from "./on_off.ts";
 * onOff("Yes"); // true
 * onOff("off"); // false
 * onOff(""); // undefined
 * ```
 */
export function onOff(text: string): boolean | undefined {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
}
