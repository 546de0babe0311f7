/** The name of a log's file that was rotated away, the later the higher the number. */
export function rotatedName(n: number): string {
  return `@4000000067${String(n).padStart(14, "0")}.s`;
}

/** A line as s6-log stamps it, so many seconds after a moment. */
export function stamped(seconds: number, text: string): string {
  const time = new Date(2026, 10, 22, 8, 0, 0);
  time.setSeconds(seconds);
  const two = (number: number) => String(number).padStart(2, "0");
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${date} ${clock}.000000000  ${text}\n`;
}

/** Rotates a log as s6-log does. */
export function rotate(dir: string, n: number): void {
  Deno.renameSync(`${dir}/current`, `${dir}/previous`);
  Deno.writeTextFileSync(`${dir}/current`, "");
  Deno.renameSync(`${dir}/previous`, `${dir}/${rotatedName(n)}`);
}
