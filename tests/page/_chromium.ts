import "@sparticuz/chromium"; // so that the package is in Deno's cache
import { fromFileUrl } from "@std/path";
import puppeteer, { type Browser } from "puppeteer-core";
import { makeOnce } from "../container/packages.ts";

const PACKAGE = fromFileUrl(new URL("../bin", import.meta.resolve("@sparticuz/chromium")));

/** Has the package's own font come before the system's, so that a screenshot looks the same everywhere. */
function fontsConf(home: string): string {
  const prefer = [["system-ui", "Open Sans"], ["monospace", "DejaVu Sans Mono"]].map((
    [family, font],
  ) =>
    `<alias binding="same"><family>${family}</family><prefer><family>${font}</family></prefer></alias>`
  );
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${home}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${home}/cache</cachedir>
${prefer.join("\n")}</fontconfig>\n`;
}

function decompress(name: string): Promise<ReadableStream<Uint8Array>> {
  return Deno.open(`${PACKAGE}/${name}.br`).then(({ readable }) =>
    readable.pipeThrough(new DecompressionStream("brotli" as CompressionFormat))
  );
}

async function untar(name: string, into: string): Promise<void> {
  const tar = new Deno.Command("tar", { args: ["-x", "-C", into], stdin: "piped" }).spawn();
  await (await decompress(`${name}.tar`)).pipeTo(tar.stdin);
  if (!(await tar.status).success) throw new Error(`Failed to unpack ${name}`);
}

/**
 * Unpacks the Chromium of an npm package, the libraries that it needs and a font,
 * once, into a folder that git ignores. Needs all permissions.
 *
 * @param repository The repository's root.
 * @returns The folder: `chromium`, `lib/`, `fonts.conf`.
 */
async function unpackChromium(repository: string): Promise<string> {
  const [version = ""] = /\d+\.\d+\.\d+/.exec(PACKAGE) ?? [];
  const target = `${repository}/.cache/chromium-${version}`;
  await makeOnce(target, async (work) => {
    const root = `${work}/root`;
    await Deno.mkdir(root);
    const program = await Deno.open(`${root}/chromium`, {
      write: true,
      createNew: true,
      mode: 0o755,
    });
    await Promise.all([
      (await decompress("chromium")).pipeTo(program.writable),
      untar("al2023", root),
      untar("fonts", root),
    ]);
    await Deno.writeTextFile(`${root}/fonts.conf`, fontsConf(target));
    return root;
  });
  return target;
}

/**
 * Starts a headless Chromium. Needs all permissions.
 *
 * @param repository The repository's root.
 * @returns The browser.
 * @throws {Error} If it cannot be had or does not start, as on another architecture.
 */
export async function launchChromium(repository: string): Promise<Browser> {
  const home = await unpackChromium(repository);
  return await puppeteer.launch({
    executablePath: `${home}/chromium`,
    headless: "shell",
    // Root has no sandbox, and the pages are the repository's.
    args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
    env: {
      LD_LIBRARY_PATH: `${home}/lib`,
      FONTCONFIG_FILE: `${home}/fonts.conf`,
      PATH: Deno.env.get("PATH"),
    },
  });
}
