/// <reference lib="dom" />
import type { Browser, Page } from "puppeteer-core";
import { assertEquals } from "@std/assert";
import { REPO } from "../_fixtures.ts";
import { launchChromium } from "./_chromium.ts";

async function whyNot(): Promise<string | undefined> {
  try {
    await (await launchChromium(REPO)).close();
  } catch (error) {
    return `no Chromium: ${error instanceof Error ? error.message : error}`;
  }
}

/** Why there is no browser; `undefined`: there is. */
export const noBrowser = await whyNot();

/**
 * Registers a test that needs a browser. Where there is none it is skipped by
 * name with the reason; under `CI=true` that is a failure.
 */
export function browserTest(name: string, fn: () => Promise<void>): void {
  if (noBrowser === undefined) return Deno.test(name, fn);
  if (Deno.env.get("CI") === "true") {
    return Deno.test(name, () => {
      throw new Error(noBrowser);
    });
  }
  Deno.test({ name: `${name} (skipped: ${noBrowser})`, ignore: true, fn: () => {} });
}

/** A page in a browser of its own. */
export class Visit implements AsyncDisposable {
  readonly #browser: Browser;
  /** The page. */
  readonly page: Page;
  /** What went wrong in it: errors, also of the console, and what its policy has forbidden. */
  readonly problems: string[] = [];
  /** Every address that was asked for. */
  readonly asked: string[] = [];

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
    page.on("pageerror", (error) => this.problems.push(String(error)));
    page.on("console", (message) => {
      const { url = "" } = message.location();
      if (message.type() !== "debug") {
        this.problems.push(`${message.type()}: ${message.text()} ${url}`);
      }
    });
    page.on("request", (request) => this.asked.push(request.url()));
    page.on("dialog", (dialog) => {
      this.problems.push(`a dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
  }

  /** Starts a browser and opens a page. */
  static async to(url: string, width = 1200, height = 640): Promise<Visit> {
    const browser = await launchChromium(REPO);
    const visit = new Visit(browser, await browser.newPage());
    await visit.page.exposeFunction("violated", (what: string) => visit.problems.push(what));
    await visit.page.evaluateOnNewDocument(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const { effectiveDirective, blockedURI } = event;
        Reflect.get(globalThis, "violated")(`forbidden: ${effectiveDirective} ${blockedURI}`);
      });
    });
    await visit.page.setViewport({ width, height });
    await visit.page.goto(url);
    return visit;
  }

  /**
   * Waits until an element shows what is expected of it.
   *
   * @param selector Which one.
   * @param expected What its text is to be like.
   * @param timeoutMs How long, in milliseconds.
   */
  async untilShown(selector: string, expected: RegExp, timeoutMs = 15_000): Promise<void> {
    try {
      await this.page.waitForFunction(
        (selector, source) => {
          const element = document.querySelector<HTMLElement>(selector);
          return element !== null && new RegExp(source, "s").test(element.innerText);
        },
        { timeout: timeoutMs, polling: 20 },
        selector,
        expected.source,
      );
    } catch (cause) {
      const message = `Timed out after ${timeoutMs} ms: ${expected}; the page shows:\n`;
      throw new Error(message + await this.text("body"), { cause });
    }
  }

  /** Reads an element's text as it is shown. */
  text(selector: string): Promise<string> {
    return this.page.$eval(selector, (element) => (element as HTMLElement).innerText);
  }

  /** Reads the table: each row's cells as they are shown. */
  rows(): Promise<string[][]> {
    return this.page.$$eval(
      "#gateways tbody tr",
      (rows) => rows.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText)),
    );
  }

  /** Reads the first column. */
  async names(): Promise<string[]> {
    return (await this.rows()).map(([name = ""]) => name);
  }

  /** The page is to have had no error, and to have asked nobody else. */
  assertClean(): void {
    assertEquals(this.problems, []);
    const origin = new URL(this.page.url()).origin;
    const isOurs = (url: string) => url.startsWith(`${origin}/`) || url.startsWith("data:");
    assertEquals(this.asked.filter((url) => !isOurs(url)), []);
  }

  /** Closes the browser. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
