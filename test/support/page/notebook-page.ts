/** A notebook of JupyterLab in a real browser, and how long its first cell's output stood still. */
import { until } from "../poll.ts";
import { PageUser } from "./browser.ts";

/** JupyterLab is megabytes of JavaScript, and the machine may be busy. */
const OPEN_MS_MAX = 90_000;
const RUN_MS_MAX = 3_000;
/** Milliseconds. A shorter pause is none that anybody sees. */
const SILENCE_MS_MIN = 150;

/** Milliseconds since the epoch, and milliseconds. */
export interface Silence {
  readonly from: number;
  readonly ms: number;
}

interface Watched {
  readonly silences: readonly Silence[];
  readonly dialogs: readonly string[];
}

const OUTPUT = ".jp-Notebook .jp-CodeCell .jp-OutputArea-output";

/** Looks at the output as often as a screen is drawn anew, or nearly. */
const WATCH = `(() => {
  const watched = { silences: [], dialogs: [] };
  let at = Date.now(), length = -1;
  setInterval(() => {
    for (const { textContent } of document.querySelectorAll(".jp-Dialog")) {
      if (!watched.dialogs.includes(textContent)) watched.dialogs.push(textContent);
    }
    const now = Date.now();
    const shown = [...document.querySelectorAll("${OUTPUT}")].reduce((n, e) => n + e.textContent.length, 0);
    if (shown === length) return;
    if (now - at > ${SILENCE_MS_MIN}) watched.silences.push({ from: at, ms: now - at });
    at = now;
    length = shown;
  }, 20);
  window.watched = watched;
})()`;

export class NotebookPage {
  private socketsBefore = 0;

  private constructor(
    readonly user: PageUser,
    private readonly jupyter: URL,
    private readonly path: string,
  ) {}

  /**
   * Writes the notebook and opens it; its last cell has run when it resolves.
   *
   * @param jupyterUrl with `?token=…`
   */
  static async open(
    jupyterUrl: string,
    path: string,
    cells: readonly string[],
  ): Promise<NotebookPage> {
    const jupyter = new URL(jupyterUrl);
    await ask(jupyter, "PUT", `/api/contents/${path}`, notebook(cells));
    const url = new URL(`/lab/tree/${path}`, jupyter);
    url.search = `${jupyter.search}&reset`;
    const user = await PageUser.open(url.href);
    const page = new NotebookPage(user, jupyter, path);
    try {
      await page.settle(cells.length - 1);
    } catch (error) {
      await user.close();
      throw error;
    }
    return page;
  }

  /** The page loads in pieces: a key that is pressed before its kernel is there does nothing. */
  private async settle(last: number): Promise<void> {
    const { page } = this.user;
    await page.locator(".jp-Notebook .jp-Cell").first().waitFor({ timeout: OPEN_MS_MAX });
    const prompt = page.locator(".jp-Notebook .jp-Cell").nth(last).locator(".jp-InputPrompt");
    const ran = async () => {
      // A leader that changes before the kernel is there may cost its start: that is tried again.
      if ((await page.locator(".jp-Dialog").count()) > 0) await page.reload();
      await this.run(last);
      return await until(
        "the cell has run",
        async () => {
          return /\[\d+\]/.test(await prompt.innerText());
        },
        RUN_MS_MAX,
      );
    };
    await until("the kernel answers", ran, OPEN_MS_MAX);
    this.socketsBefore = this.user.webSockets.length;
    await page.evaluate("window.isTheSame = true");
  }

  /** Id of the kernel of this notebook. */
  async kernel(): Promise<string> {
    const sessions = (await ask(this.jupyter, "GET", "/api/sessions")) as readonly {
      readonly path: string;
      readonly kernel: { readonly id: string };
    }[];
    const session = sessions.find(({ path }) => path === this.path);
    if (session === undefined) throw new Error(`no session of ${this.path}`);
    return session.kernel.id;
  }

  /** @param index of the cell */
  async run(index: number): Promise<void> {
    const { page } = this.user;
    await page
      .locator(".jp-Notebook .jp-Cell")
      .nth(index)
      .locator(".cm-content")
      .click({ timeout: RUN_MS_MAX });
    await page.keyboard.press("Control+Enter");
  }

  /** Runs it until it has ended. @returns what it shows then, line by line */
  async result(index: number): Promise<string[]> {
    const prompt = this.user.page.locator(".jp-Notebook .jp-Cell").nth(index);
    const told = () => prompt.locator(".jp-InputPrompt").innerText();
    const before = await told();
    await this.run(index);
    await until(
      "the cell has run",
      async () => {
        const now = await told();
        return /\[\d+\]/.test(now) && now !== before;
      },
      OPEN_MS_MAX,
    );
    return this.lines(index);
  }

  /** Waits for it. @param title of the dialog */
  async acceptDialog(title: string): Promise<void> {
    const dialog = this.user.page.locator(".jp-Dialog", { hasText: title });
    await dialog.locator("button.jp-mod-accept").click({ timeout: OPEN_MS_MAX });
  }

  /** What the cell's output shows, line by line. */
  async lines(index: number): Promise<string[]> {
    const cell = this.user.page.locator(".jp-Notebook .jp-Cell").nth(index);
    const shown = await cell.locator(".jp-OutputArea-output").allTextContents();
    return shown.join("").trimEnd().split("\n");
  }

  /** What the first cell's output does is looked at from now on. */
  async watch(): Promise<void> {
    await this.user.page.evaluate(WATCH);
  }

  async watched(): Promise<Watched> {
    return (await this.user.page.evaluate("window.watched")) as Watched;
  }

  /** False: it was loaded again. */
  async isTheSame(): Promise<boolean> {
    return (await this.user.page.evaluate("window.isTheSame === true")) as boolean;
  }

  /** How often a WebSocket to a kernel was opened since this was. */
  get reconnects(): number {
    const isKernels = (path: string) => /^\/api\/kernels\/[^/]+\/channels$/.test(path);
    return this.user.webSockets.slice(this.socketsBefore).filter(isKernels).length;
  }

  async close(): Promise<void> {
    await this.user.close();
  }
}

function notebook(cells: readonly string[]): object {
  const code = (source: string, i: number) => ({
    ...{ cell_type: "code", id: `cell-${i}`, source },
    ...{ metadata: {}, outputs: [], execution_count: null },
  });
  const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
  const content = {
    ...{ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec } },
    cells: cells.map(code),
  };
  return { type: "notebook", format: "json", content };
}

async function ask(jupyter: URL, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(new URL(path, jupyter), {
    method,
    headers: { authorization: `token ${jupyter.searchParams.get("token") ?? ""}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}
