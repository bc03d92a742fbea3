/** The page in a real browser, on a real cluster: what it shows while a leader dies, and for whom it works. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LocalCluster } from "../support/e2e/local-cluster.ts";
import { leaderOf } from "../support/e2e/nodes.ts";
import { PageUser } from "../support/page/browser.ts";
import { until } from "../support/poll.ts";

const NAME = "e2e-page";
const HEAL_MS_MAX = 120_000;
let site: LocalCluster;
let user: PageUser;

beforeAll(async () => {
  site = await LocalCluster.create({ name: NAME, subnet: "172.31.94" });
  site.startController();
  await site.untilReady();
  user = await PageUser.open(await pageUrl());
});

afterAll(async () => {
  await user?.close();
  await site.destroy();
});

async function pageUrl(): Promise<string> {
  const asked = await site.cli("page");
  expect(asked.code, asked.stderr).toBe(0);
  return asked.stdout.trim();
}

const verdict = () => user.page.locator(".verdict-line").innerText();
const isReady = async () => (await verdict()).trim().startsWith("Ready");
/** The node that the page says serves Jupyter. */
const serving = () => user.page.locator(".node-serves .slot").allInnerTexts();

describe("the page", () => {
  it("logs in by its address, which does not keep the token, and once", async () => {
    await user.page.getByRole("button", { name: "Log out" }).waitFor();
    expect(user.page.url()).toBe(`${site.apiUrl}/ui/#/`);
    await until("it is Ready", isReady, HEAL_MS_MAX);
    const cookies = await user.context.cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Strict" }]);
  });

  it("is live through the death of the leader, without being loaded again", async () => {
    const before = leaderOf(await site.object());
    expect(await serving()).toEqual([`slot ${before.slot}`]);
    await user.page.evaluate("window.isTheSame = true");
    await user.page.getByRole("button", { name: `Kill ${NAME}-0`, exact: true }).click();
    const dialog = user.page.getByRole("dialog", { name: `Kill ${NAME}-0?` });
    await expect(dialog.innerText()).resolves.toContain("Another node is elected");
    await dialog.getByRole("button", { name: `Kill ${NAME}-0` }).click();
    const { page } = user;
    const isOther = (slots: readonly string[]) =>
      slots.length === 1 && slots[0] !== `slot ${before.slot}`;
    await until("another node serves", async () => isOther(await serving()), HEAL_MS_MAX);
    const healing = page.locator(".node", { hasText: `slot ${before.slot}` }).first();
    await until(
      "the killed one is seen on its way",
      async () => (await healing.locator(".progress").count()) === 1,
      HEAL_MS_MAX,
    );
    await page.locator(".event-list", { hasText: "LeaderElected" }).waitFor();
    await until("it is Ready", isReady, HEAL_MS_MAX);
    const after = leaderOf(await site.object());
    expect(await serving()).toEqual([`slot ${after.slot}`]);
    expect(await page.evaluate("window.isTheSame")).toBe(true);
  });

  it("tells an election step by step", async () => {
    const newest = user.page.locator("details.election").first();
    await newest.locator("summary").click();
    const story = await newest.innerText();
    expect(story).toMatch(/Why: .*was heard no more/);
    expect(story).toMatch(/candidacy[^]*votes[^]*leader known/);
  });

  it("takes a snapshot when asked twice, and shows it", async () => {
    const { page } = user;
    const rows = page.getByRole("group", { name: "Snapshots" }).locator("tbody tr");
    const before = await rows.count();
    await page.getByRole("button", { name: "Take one now" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take it" }).click();
    await until("it is in the list", async () => (await rows.count()) === before + 1, 30_000);
  });

  it("says where a cluster of a person's file is suspended, and does not do it", async () => {
    const { page } = user;
    await page.getByRole("button", { name: "Suspend" }).click();
    const dialog = page.getByRole("dialog", { name: `Suspend ${NAME}?` });
    await until("the plan is told", async () =>
      (await dialog.innerText()).includes("all containers are stopped; their data stays"),
    );
    expect(await dialog.innerText()).toContain(site.specFile);
    await page.keyboard.press("Escape");
    await until("it is closed", async () => (await page.getByRole("dialog").count()) === 0);
  });

  it("asks the nodes what they use when somebody looks", async () => {
    const { page } = user;
    await page.getByText("What each node uses now").click();
    const rows = page.getByRole("group", { name: "Resources" }).locator("tbody tr");
    await until("there is one a node", async () => (await rows.count()) === 3, 30_000);
    for (const text of await rows.allInnerTexts()) expect(text).toMatch(/\d\.\d\d\s+\S+ of 512/);
    expect(await user.faults()).toEqual([]);
  });

  it("follows a unit's log, and gives it away as a file", async () => {
    const { page } = user;
    await page.goto(`${site.apiUrl}/ui/#/default/${NAME}/logs/slot-0/etcd`);
    const lines = page.locator("pre.log");
    await until("there are lines", async () => (await lines.innerText()).includes('"level"'));
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("slot-0-etcd.log");
  });

  it("shows the spec as one would write it", async () => {
    await user.page.getByRole("link", { name: "Spec" }).click();
    await expect(user.page.getByLabel("The spec as YAML").innerText()).resolves.toMatch(
      new RegExp(`^kind: JupyterCluster\nmetadata:\n  name: ${NAME}$`, "m"),
    );
    await user.page.locator(".spec", { hasText: site.specFile }).waitFor();
  });

  it("tells what was changed when, and puts an earlier spec back into the person's file", async () => {
    const { page } = user;
    const written = site.specText(3);
    await site.save(written.replace("proxy: {", "proxy: { holdSeconds: 45,"));
    const newest = page.locator(".history details", { hasText: "Generation 2" });
    await newest.locator("summary").click();
    const added = newest.locator(".diff-added", { hasText: "holdSeconds: 45" });
    await added.waitFor();
    const first = page.locator(".history details", { hasText: "Generation 1" });
    await first.locator("summary").click();
    await first.getByRole("button", { name: "Put generation 1 back" }).click();
    const dialog = page.getByRole("dialog", { name: `Put generation 1 of ${NAME} back?` });
    await until("the plan is told", async () =>
      (await dialog.innerText()).includes(`It is written into the file ${site.specFile}.`),
    );
    expect(await dialog.innerText()).toContain("spec.proxy.holdSeconds: ");
    await dialog.getByRole("button", { name: "Put it back" }).click();
    await page.locator(".history details", { hasText: "Generation 3" }).waitFor();
    expect((await site.object()).spec.proxy).toEqual({ port: site.ports.proxy });
    expect(await readFile(site.specFile, "utf8")).not.toContain("holdSeconds");
    await until("it is Ready", async () => (await site.untilReady()).metadata.generation === 3);
  });
});

describe("for everybody", () => {
  it.each(["light", "dark"] as const)("it has no fault that axe-core finds, %s", async (scheme) => {
    const { page } = user;
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    const views = {
      "": ".topology",
      "/logs/slot-0/etcd": "pre.log",
      "/spec": "[aria-label='The spec as YAML']",
    };
    for (const [view, content] of Object.entries(views)) {
      await page.goto(`${site.apiUrl}/ui/#/default/${NAME}${view}`);
      await page.locator(content).waitFor();
      expect(await user.faults(), view).toEqual([]);
    }
    await page.goto(`${site.apiUrl}/ui/#/default/${NAME}`);
    await page.getByRole("button", { name: `Kill ${NAME}-1`, exact: true }).click();
    await page.getByRole("dialog").waitFor();
    expect(await user.faults(), "dialog").toEqual([]);
    await page.keyboard.press("Escape");
  });

  it("fits a phone, with nothing beyond its edge", async () => {
    await user.page.setViewportSize({ width: 360, height: 740 });
    const wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await user.page.evaluate(wide)).toBe(0);
    await user.page.setViewportSize({ width: 1366, height: 850 });
  });

  it("needs no mouse: from the top to a question, and back to where one was", async () => {
    const { page } = user;
    await page.goto(`${site.apiUrl}/ui/#/default/${NAME}`);
    await page.reload();
    const kill = page.getByRole("button", { name: `Kill ${NAME}-1`, exact: true });
    await kill.waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    const isThere = () => kill.evaluate((button) => button.ownerDocument.activeElement === button);
    for (let i = 0; i < 40 && !(await isThere()); i += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: `Kill ${NAME}-1?` });
    await dialog.waitFor();
    const within = "document.querySelector('dialog[open]').contains(document.activeElement)";
    expect(await page.evaluate(within)).toBe(true);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    expect(await isThere()).toBe(true);
  });
});

describe("when things end", () => {
  it("logs out, and then only looks", async () => {
    const { page } = user;
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("button", { name: "Log in" }).waitFor();
    await page.goto(`${site.apiUrl}/ui/#/default/${NAME}/logs`);
    await page.getByText("Logs are shown to whoever is logged in.").waitFor();
  });

  it("has broken no rule of its policy so far, and thrown nothing", () => {
    expect(user.complaints).toEqual([]);
  });

  it("says that the controller is gone, keeps what it knew, and goes on when it is back", async () => {
    const { page } = user;
    await page.goto(`${site.apiUrl}/ui/#/default/${NAME}`);
    await site.endController("SIGKILL");
    await page.locator(".live-lost").waitFor();
    expect(await verdict()).toContain("Ready");
    site.startController();
    await page.locator(".live-live").waitFor({ timeout: 60_000 });
  });

  it("has asked nobody but the controller, all the time", () => {
    expect([...user.origins]).toEqual([site.apiUrl]);
  });
});
