/**
 * What every store of a site does, whatever it is made of. One suite, run over each of them.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FormatRecord } from "../../../controller/model/state-format.ts";
import type { MoveMark } from "../../../controller/store/move/move-mark.ts";
import type {
  SiteView,
  SiteWatch,
  StateBackend,
  Term,
} from "../../../controller/store/state-backend.ts";
import { until } from "../poll.ts";
import { controllerOn, memoryOf, objectOf, taskOf } from "./fixtures.ts";

/** One store, on which any number of controllers are opened. */
export interface TestSite {
  /** As another process would open it. @param waits false: it does not stand by */
  open(waits: boolean): Promise<StateBackend>;
  writeVersion(version: number): Promise<void>;
  /** What a reader of another release looks at first. */
  format(): Promise<FormatRecord>;
  writeMark(mark: MoveMark): Promise<void>;
  /** What is stored of the cluster is no longer whole. @returns what an error has to name */
  damage(key: string): Promise<string>;
  remove(): Promise<void>;
}

const KEY = "default/lab";
const never = new AbortController().signal;

export function describeStateBackend(what: string, newSite: () => Promise<TestSite>): void {
  describe(`the store: ${what}`, () => {
    let site: TestSite;
    const opened: StateBackend[] = [];
    const terms: Term[] = [];
    const watches: SiteWatch[] = [];

    beforeEach(async () => {
      site = await newSite();
    });

    afterEach(async () => {
      for (const watch of watches.splice(0)) watch.stop();
      for (const term of terms.splice(0)) await term.resign();
      for (const backend of opened.splice(0)) await backend.close();
      await site.remove();
    });

    async function open(waits = true): Promise<StateBackend> {
      const backend = await site.open(waits);
      opened.push(backend);
      return backend;
    }

    async function act(hostname: string, waits = true): Promise<Term> {
      const backend = await open(waits);
      const term = await backend.campaign(controllerOn(hostname), never);
      terms.push(term);
      return term;
    }

    async function watching(): Promise<{ watch: SiteWatch; view: () => SiteView | undefined }> {
      const views: SiteView[] = [];
      const watch = (await open()).watch((view) => views.push(view));
      watches.push(watch);
      return { watch, view: () => views.at(-1) };
    }

    it("has one that acts, and begins empty", async () => {
      const term = await act("a");
      expect(term.isHeld()).toBe(true);
      expect(term.number).toBeGreaterThan(0);
      const { memories, tasks, frameworkId } = term.state.stored;
      expect([memories.size, tasks.size, frameworkId]).toEqual([0, 0, null]);
    });

    it("lets another wait, and act with a higher number when the first resigns", async () => {
      const first = await act("a");
      const second = (await open()).campaign(controllerOn("b"), never);
      await first.resign();
      const term = await second;
      terms.push(term);
      expect(first.isHeld()).toBe(false);
      expect(term.isHeld()).toBe(true);
      expect(term.number).toBeGreaterThan(first.number);
    });

    it("refuses at once who may not wait, and says who acts", async () => {
      await act("a");
      await expect(act("b", false)).rejects.toMatchObject({
        code: "ERR_STATE_LOCKED",
        message: expect.stringMatching(/\ba\b|\d+/),
      });
    });

    it("gives the next one all that was stored, and nothing that was removed", async () => {
      const first = await act("a");
      await first.state.memories.save(KEY, memoryOf(KEY, 1));
      await first.state.memories.save(KEY, memoryOf(KEY, 2));
      await first.state.memories.save("default/gone", memoryOf("default/gone"));
      await first.state.memories.remove("default/gone");
      await first.state.tasks.save(taskOf("default.lab.0.1"));
      await first.state.tasks.save(taskOf("default.lab.1.1"));
      await first.state.tasks.save(taskOf("default.lab.0.1", "TASK_FAILED"));
      await first.state.tasks.remove("default.lab.1.1");
      await first.state.saveFrameworkId("framework-1");
      await first.resign();
      const { memories, tasks, frameworkId } = (await act("b")).state.stored;
      expect([...memories]).toEqual([[KEY, memoryOf(KEY, 2)]]);
      expect([...tasks.values()]).toEqual([taskOf("default.lab.0.1", "TASK_FAILED")]);
      expect(frameworkId).toBe("framework-1");
    });

    it("forgets the framework when it is told to", async () => {
      const first = await act("a");
      await first.state.saveFrameworkId("framework-1");
      await first.state.saveFrameworkId(null);
      await first.resign();
      expect((await act("b")).state.stored.frameworkId).toBeNull();
    });

    it("keeps the last of many writes of one moment", async () => {
      const first = await act("a");
      const writes = Array.from({ length: 50 }, (_, i) =>
        first.state.memories.save(KEY, memoryOf(KEY, i)),
      );
      await Promise.all(writes);
      await first.resign();
      expect((await act("b")).state.stored.memories.get(KEY)).toEqual(memoryOf(KEY, 49));
    });

    it("keeps odd names apart", async () => {
      const keys = ["a/b", "a/B", "a/..", "a/b%2Fc", `a/${"long".repeat(60)}`, "a/ö \u{1F600}"];
      const first = await act("a");
      for (const key of keys) await first.state.memories.save(key, memoryOf(key));
      for (const key of keys) await first.state.tasks.save(taskOf(key));
      await first.resign();
      const { memories, tasks } = (await act("b")).state.stored;
      expect([...memories.keys()].toSorted()).toEqual(keys.toSorted());
      expect([...tasks.keys()].toSorted()).toEqual(keys.toSorted());
    });

    it("refuses every write of who has resigned", async () => {
      const first = await act("a");
      await first.resign();
      const refused = { code: "ERR_NOT_ACTING" };
      const { memories, tasks } = first.state;
      await expect(memories.save(KEY, memoryOf(KEY))).rejects.toMatchObject(refused);
      await expect(memories.remove(KEY)).rejects.toMatchObject(refused);
      await expect(tasks.save(taskOf("t"))).rejects.toMatchObject(refused);
      await expect(tasks.remove("t")).rejects.toMatchObject(refused);
      await expect(first.state.saveFrameworkId("f")).rejects.toMatchObject(refused);
    });

    it("ends a campaign that is given up, which then never acts", async () => {
      const first = await act("a");
      const given = new AbortController();
      const campaign = (await open()).campaign(controllerOn("b"), given.signal);
      given.abort(new Error("given up"));
      await expect(campaign).rejects.toThrow("given up");
      await first.resign();
      expect((await act("c")).isHeld()).toBe(true);
    });

    it("shows those who stand by who acts and what is stored, and each change", async () => {
      const { watch, view } = await watching();
      await until("an empty view", () => view()?.acting === null && watch.freshness().isFresh);
      const first = await act("a");
      await until("who acts", () => view()?.acting?.hostname === "a");
      await first.state.memories.save(KEY, memoryOf(KEY, 3));
      await first.state.saveFrameworkId("framework-1");
      const stored = await until("what is stored", () =>
        view()?.frameworkId === "framework-1" && view()?.memories.has(KEY) ? view() : null,
      );
      expect([...stored.memories]).toEqual([[KEY, memoryOf(KEY, 3)]]);
      await first.state.memories.remove(KEY);
      await until("its removal", () => view()?.memories.size === 0);
      await first.resign();
      await until("that nobody acts", () => view()?.acting === null);
    });

    it("shows which term it is, and who waits for the next one", async () => {
      const { view } = await watching();
      const first = await act("a");
      await until("who acts", () => view()?.acting?.hostname === "a");
      expect(view()?.acting?.term).toBe(first.number);
      const second = await open();
      const given = new AbortController();
      const waits = second.campaign(controllerOn("b"), given.signal);
      const waiting = async () => (await second.standingBy()).map(({ hostname }) => hostname);
      await until("who waits", async () => (await waiting()).join() === "b");
      given.abort(new Error("given up"));
      await expect(waits).rejects.toThrow("given up");
      expect(await waiting()).toEqual([]);
    });

    it("shows those who stand by what was published last, and what was taken back", async () => {
      const { view } = await watching();
      const first = await act("a");
      const event = { reason: "Started" } as never;
      first.publish(objectOf(KEY, "Creating"), []);
      first.publish(objectOf(KEY, "Ready"), [event]);
      first.publish(objectOf("default/other", "Ready"), []);
      const phases = () => view()?.published.map(({ object }) => object.status.phase) ?? [];
      await until("both", () => phases().join() === "Ready,Ready");
      const shown = view()?.published.find(({ object }) => object.metadata.name === "lab");
      expect(shown).toEqual({ object: objectOf(KEY, "Ready"), events: [event] });
      first.unpublish(KEY);
      await until("that one was taken back", () => phases().length === 1);
    });

    it("shows one who comes late all that there is", async () => {
      const first = await act("a");
      await first.state.memories.save(KEY, memoryOf(KEY));
      first.publish(objectOf(KEY, "Ready"), []);
      const { view } = await watching();
      await until("all", () => view()?.acting?.hostname === "a" && view()?.published.length === 1);
      expect(view()?.memories.get(KEY)).toEqual(memoryOf(KEY));
    });

    it("says the lowest format that suffices for what is in it, and what needs more", async () => {
      const { memories } = (await act("a")).state;
      const plain = memoryOf(KEY);
      const written = { storage: { shared: { type: "tape" } } };
      const newer = { ...plain, cluster: { ...plain.cluster, written } };
      await memories.save(KEY, plain);
      expect((await site.format()).version).toBe(2);
      await memories.save(KEY, newer);
      expect(await site.format()).toMatchObject({
        version: 3,
        needs: [`${KEY} (spec.storage.shared.type)`],
      });
      // At once: the older write is not taken for the state of things while the newer is under way.
      await Promise.all([memories.save(KEY, plain), memories.save(KEY, newer)]);
      expect((await site.format()).version).toBe(3);
      await memories.remove(KEY);
      expect((await site.format()).version).toBe(2);
    });

    it("is not acted on by a version that cannot read it", async () => {
      await (await act("a")).resign();
      await site.writeVersion(99);
      await expect(act("b")).rejects.toMatchObject({
        code: "ERR_STATE_VERSION",
        message: expect.stringContaining("99"),
      });
      const { watch } = await watching();
      await until("that it is told", () => {
        const freshness = watch.freshness();
        return !freshness.isFresh && freshness.reason.includes("99");
      });
    });

    it("is not acted on once it was moved, and says where it is", async () => {
      const at = "2026-01-01T00:00:00.000Z";
      const mark = { moveId: "m", termsBefore: 1_000_000, other: "/there", at };
      await (await act("a")).resign();
      for (const phase of ["moved", "arriving"] as const) {
        await site.writeMark({ ...mark, phase });
        await expect(act("b")).rejects.toMatchObject({
          code: "ERR_STATE_MOVED",
          message: expect.stringContaining("/there"),
        });
      }
      await site.writeMark({ ...mark, phase: "arrived" });
      expect((await act("c")).number).toBeGreaterThan(1_000_000);
    });

    it("is not acted on when a memory is damaged, and says which", async () => {
      const first = await act("a");
      await first.state.memories.save(KEY, memoryOf(KEY));
      await first.resign();
      const named = await site.damage(KEY);
      const refused = { code: "ERR_STATE_CORRUPT", message: expect.stringContaining(named) };
      await expect(act("b")).rejects.toMatchObject(refused);
      // Nobody is left to hold it: the next try fails in the same way, and not because of a lock.
      await expect(act("c", false)).rejects.toMatchObject(refused);
    });
  });
}
