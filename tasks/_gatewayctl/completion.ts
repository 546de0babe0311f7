import { renderBashCompletion, renderZshCompletion } from "../../lib/image/completion.ts";
import { UsageError } from "../_cli.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT } from "./report.ts";

/** Runs `completion`. */
export function run({ operands: [shell] }: Arguments): Promise<number> {
  if (shell !== "bash" && shell !== "zsh") throw new UsageError("expected bash or zsh");
  const script = shell === "bash" ? renderBashCompletion() : renderZshCompletion();
  console.log(script.trimEnd());
  return Promise.resolve(EXIT.done);
}
