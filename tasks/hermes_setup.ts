import { HomeRefusedError, type HomeSetup, setUpHome } from "../lib/boot/home_setup.ts";
import { parseOwner } from "../lib/_owner.ts";
import { printable } from "../lib/_quote.ts";
import { runProgram, UsageError } from "./_cli.ts";

const name = "01-hermes-setup";
const help = `
Usage: hermes_setup.ts --home DIR [--owner UID:GID]

Makes the Hermes home and the folders that the suite needs in it, and gives
these to their owner.

  --home DIR       the Hermes home, absolute
  --owner UID:GID  who shall own it; without it nothing is given away
  --help           this text

Exit code: 0 done, also with something left alone; 1 it cannot be done; 2 wrong
arguments; 3 root may not give the home away: its owner might manage without.
`;

function wordSetup(home: string, { made, given }: HomeSetup): string {
  const parts = [
    made.length === 0 ? "" : `made ${made.join(", ")}`,
    given.length === 0 ? "" : `gave away ${given.join(", ")}`,
  ].filter((part) => part !== "");
  return `${home}: ${parts.join("; ") || "nothing to do"}`;
}

await runProgram({ name, help, values: ["home", "owner"] }, ({ values }) => {
  const home = values.get("home") ?? "";
  if (!home.startsWith("/")) throw new UsageError("--home: expected an absolute path");
  const ownerText = values.get("owner");
  const owner = ownerText === undefined ? undefined : parseOwner(ownerText);
  if (ownerText !== undefined && owner === undefined) {
    throw new UsageError("--owner: expected UID:GID, two decimal numbers");
  }
  const warn = (message: string) => console.error(`${name}: warning: ${printable(message)}`);
  try {
    const setup = setUpHome(home, { warn, owner });
    console.log(`${name}: info: ${printable(wordSetup(home, setup))}`);
    return 0;
  } catch (error) {
    if (owner === undefined || !(error instanceof HomeRefusedError)) throw error;
    warn(error.message);
    return 3;
  }
});
