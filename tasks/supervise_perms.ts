import { errorWords, survivable } from "../lib/_errors.ts";
import { parseOwner } from "../lib/_owner.ts";
import { printable } from "../lib/_quote.ts";
import { shareScandir, shareStaticServices } from "../lib/boot/share.ts";
import { runProgram, UsageError } from "./_cli.ts";

const name = "015-supervise-perms";
const help = `
Usage: supervise_perms.ts [--servicedirs DIR] [--services NAMES] [--scandir DIR]
                          [--owner UID:GID]

Lets an unprivileged owner use s6-svc, s6-svstat and s6-svwait on the static
(s6-rc) services, publish slots in the scandir and call s6-svscanctl on it.
Run it as root, after s6-rc-init and before the slots are made.

  --servicedirs DIR  s6-rc's live service directories (/run/s6-rc/servicedirs)
  --services NAMES   share only these, joined by commas, and without the right
                     to wait for their events (all but s6-rc's own)
  --scandir DIR      the directory s6-svscan watches (/run/service); empty: leave
                     it to root
  --owner UID:GID    who gets control; without it nothing is changed
  --help             this text

Exit code: 0 done; 1 something was left alone, with the reason on standard
error; 2 wrong arguments.
`;

await runProgram(
  { name, help, values: ["servicedirs", "services", "scandir", "owner"] },
  ({ values }) => {
    const servicedirs = values.get("servicedirs") ?? "/run/s6-rc/servicedirs";
    const scandir = values.get("scandir") ?? "/run/service";
    const ownerText = values.get("owner");
    if (ownerText === undefined) {
      console.log(`${name}: info: no --owner: nothing to share`);
      return 0;
    }
    const owner = parseOwner(ownerText);
    if (owner === undefined) throw new UsageError("--owner: expected UID:GID, two decimal numbers");

    const problems: string[] = [];
    const shared: string[] = [];
    const attempt = (what: string, act: () => void) => {
      try {
        act();
      } catch (error) {
        problems.push(`${what}: ${errorWords(survivable(error))}`);
      }
    };
    attempt("static services", () => {
      const services = values.get("services");
      // Only some: isolated supervision, where hermes must not become root.
      const some = services ? { only: services.split(","), events: false } : {};
      for (const service of shareStaticServices(servicedirs, { owner, ...some })) {
        if (service.error === undefined) shared.push(service.name);
        else problems.push(`service ${service.name}: ${service.error}`);
      }
    });
    if (scandir !== "") attempt(`scandir ${scandir}`, () => shareScandir(scandir, { owner }));

    for (const problem of problems) console.error(`${name}: warning: ${printable(problem)}`);
    const names = shared.length === 0 ? "" : ` (${printable(shared.join(", "))})`;
    console.log(`${name}: info: shared ${shared.length} static services with ${ownerText}${names}`);
    return problems.length === 0 ? 0 : 1;
  },
);
