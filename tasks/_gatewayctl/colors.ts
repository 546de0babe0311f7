import { styleText } from "node:util";

/** Puts text into a color, for a terminal. */
export type Paint = (text: string) => string;

function paint(style: "green" | "red" | "yellow" | "dim"): Paint {
  return (text) => styleText(style, text, { validateStream: false });
}

/** Good. */
export const green: Paint = paint("green");
/** Bad. */
export const red: Paint = paint("red");
/** Neither. */
export const yellow: Paint = paint("yellow");
/** Less important. */
export const dim: Paint = paint("dim");
