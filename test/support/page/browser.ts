/** A real browser that looks at the page, and everything that it complains of. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { ensureChromium } from "./ensure-chromium.ts";

/** Root, as continuous integration is, has no sandbox in Chromium. */
const SANDBOX = process.getuid?.() === 0 ? ["--no-sandbox"] : [];

/** What a browser says of every answer that is no success: the page says that by itself. */
const REFUSED = "Failed to load resource: the server responded with a status of";

export class PageUser {
  /** What a browser says in its console, a broken policy among it. */
  readonly complaints: string[] = [];
  /** Of every request. */
  readonly origins = new Set<string>();
  /** Path of each WebSocket that was opened. */
  readonly webSockets: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    context.on("request", (request) => this.origins.add(new URL(request.url()).origin));
    page.on("websocket", (socket) => this.webSockets.push(new URL(socket.url()).pathname));
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      const isOfPage = !message.text().startsWith(REFUSED);
      if (["error", "warning"].includes(message.type()) && isOfPage) {
        this.complaints.push(message.text());
      }
    });
  }

  static async open(url: string): Promise<PageUser> {
    const executablePath = await ensureChromium();
    const browser = await chromium.launch({ executablePath, args: SANDBOX });
    const context = await browser.newContext({ viewport: { width: 1366, height: 850 } });
    const user = new PageUser(browser, context, await context.newPage());
    await user.page.goto(url);
    return user;
  }

  /** What axe-core finds wrong with what is shown now, a line each. */
  async faults(): Promise<string[]> {
    const source = await readFile(createRequire(import.meta.url).resolve("axe-core"), "utf8");
    await this.page.evaluate(source);
    const { violations } = (await this.page.evaluate("axe.run()")) as AxeResults;
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target }) => `${id}: ${help} (${target.join(" ")})`),
    );
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}
