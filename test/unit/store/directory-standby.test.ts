/** Who waits for a state directory is told, and who is gone is not. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DirectoryBackend } from "../../../controller/store/directory/directory-backend.ts";
import type { SiteView } from "../../../controller/store/state-backend.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";
import { controllerOn } from "../../support/store/fixtures.ts";

let directory: string;
const open = () =>
  new DirectoryBackend({
    directory,
    masters: "local",
    waits: true,
    clock: systemClock,
    log: silentLog,
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "store-standby-"));
});
afterEach(() => rm(directory, { recursive: true }));

it("one that waits is told until it acts, and the one that acts with its term", async () => {
  const [first, second] = [open(), open()];
  const { signal } = new AbortController();
  const term = await first.campaign(controllerOn("a"), signal);
  const waiting = second.campaign(controllerOn("b"), signal);
  const told = await until("b is told", async () => (await first.standingBy())[0]);
  expect(told.hostname).toBe("b");
  const views: SiteView[] = [];
  const watch = second.watch((view) => views.push(view));
  await until("a acts", () => views.at(-1)?.acting?.hostname === "a");
  expect(views.at(-1)?.acting).toMatchObject({ term: term.number, since: expect.any(String) });
  await term.resign();
  const next = await waiting;
  expect(await first.standingBy()).toEqual([]);
  await until("b acts", () => views.at(-1)?.acting?.term === next.number);
  watch.stop();
  await next.resign();
});

it("one that gives up leaves nothing", async () => {
  const term = await open().campaign(controllerOn("a"), new AbortController().signal);
  const abort = new AbortController();
  const backend = open();
  const waiting = backend.campaign(controllerOn("b"), abort.signal);
  await until("b is told", async () => (await backend.standingBy()).length === 1);
  abort.abort(new Error("it ends"));
  await expect(waiting).rejects.toThrow("it ends");
  expect(await readdir(join(directory, "standby"))).toEqual([]);
  await term.resign();
});

it("one that only looks makes nothing in the directory", async () => {
  const views: SiteView[] = [];
  const watch = open().watch((view) => views.push(view));
  const view = await until("it has looked", () => views.at(-1));
  watch.stop();
  expect(view).toMatchObject({ acting: null, published: [] });
  expect(view.memories.size).toBe(0);
  expect(await readdir(directory)).toEqual([]);
});
