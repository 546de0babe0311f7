import { normalize, terminalPicture } from "./_terminal.ts";
import { runProgram } from "./_cli.ts";

const name = "pictures";
const help = `
Usage: deno task pictures

Makes docs/terminal.svg: runs the demo, and draws what gatewayctl prints in it,
with PIDs, times and sizes that are always the same. It needs what the demo needs.

  --check  write nothing; exit 1 if the picture would be another
  --help   this text

Exit code: 0 done, or nothing differs; 1 the picture differs or the demo has
failed; 2 wrong arguments.
`;

const PICTURE = "docs/terminal.svg";

/** Runs the demo and takes what gatewayctl prints after the second start. */
async function demo(): Promise<string> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", "tasks/demo.ts"],
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("the demo has failed");
  const text = new TextDecoder().decode(stdout);
  const second = text.slice(text.indexOf("== Second start"));
  return second.slice(second.indexOf("$ "), second.indexOf("\nWho was running")).trimEnd();
}

function isCurrent(text: string): boolean {
  try {
    return Deno.readTextFileSync(PICTURE) === text;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

await runProgram({ name, help, flags: ["check"] }, async ({ flags }) => {
  const picture = terminalPicture(normalize(await demo()));
  if (isCurrent(picture)) return 0;
  if (flags.has("check")) {
    console.error(`${name}: error: ${PICTURE} is out of date: run "deno task pictures"`);
    return 1;
  }
  Deno.writeTextFileSync(PICTURE, picture);
  console.log(`${name}: info: wrote ${PICTURE}`);
  return 0;
});
