/** Which role a controller plays, whatever becomes of its terms. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Acting } from "../../../controller/roles/acting.ts";
import { RoleKeeper, type RoleRun } from "../../../controller/roles/role-keeper.ts";
import { ERROR_CODES, type ErrorCode, OperationError } from "../../../controller/model/errors.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { StateBackend, Term } from "../../../controller/store/state-backend.ts";
import { ManualClock } from "../../support/loop/manual-clock.ts";
import { until } from "../../support/poll.ts";
import { silentLog } from "../../support/silent-log.ts";
import { controllerOn, memoryOf } from "../../support/store/fixtures.ts";

type Known = ReadonlyMap<ClusterKey, ClusterMemory>;
const KNOWN: Known = new Map([["default/lab", memoryOf("default/lab")]]);

let clock: ManualClock;
/** What was done, in order. */
let done: string[];
let held: boolean;
/** Of the campaign that waits now. */
let elect: (() => void) | null;
let lose: (error: OperationError) => void;
let fail: (error: OperationError) => void;
let beginsWith: OperationError | null;
let keeper: RoleKeeper;

beforeEach(() => {
  clock = new ManualClock(0);
  done = [];
  elect = null;
  beginsWith = null;
});

afterEach(async () => {
  await keeper.stop();
});

function start(standsBy: boolean): RoleRun {
  keeper = new RoleKeeper({
    backend,
    me: () => controllerOn("a"),
    beginActing: () =>
      beginsWith === null ? Promise.resolve(acting()) : Promise.reject(beginsWith),
    standingBy: {
      enter: (known) => done.push(`stands by, knows ${known?.size ?? "nothing"}`),
      leave: () => done.push("leaves"),
      memories: () => new Map(),
    },
    standsBy,
    onRole: () => done.push(keeper.role.is),
    clock,
    log: silentLog,
  });
  return keeper.run();
}

const backend = {
  campaign: (_: unknown, signal: AbortSignal) =>
    new Promise<Term>((resolve, reject) => {
      done.push("campaigns");
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      elect = () => {
        elect = null;
        held = true;
        resolve(newTerm());
      };
    }),
} as unknown as StateBackend;

function newTerm(): Term {
  const lost = new Promise<OperationError>((resolve) => {
    lose = (error) => {
      held = false;
      resolve(error);
    };
  });
  const resign = () => {
    done.push("resigns");
    return Promise.resolve();
  };
  return { number: 7, isHeld: () => held, lost, resign } as unknown as Term;
}

function acting(): Acting {
  const fatal = new Promise<OperationError>((resolve) => {
    fail = resolve;
  });
  const stop = () => {
    done.push("ceases to act");
    return Promise.resolve();
  };
  const core = { memories: () => KNOWN } as unknown as Acting["core"];
  return { core, mesosLocalTcp: null, fatal, stop };
}

function problem(code: ErrorCode): OperationError {
  return new OperationError(code, "test", code);
}

async function untilElected(): Promise<void> {
  const campaign = await until("it campaigns", () => elect);
  campaign();
  await until("it acts", () => keeper.acting !== null);
}

describe("a controller that may stand by", () => {
  it("acts when it is given a term, and stands by again with what it knew when that is lost", async () => {
    start(true);
    await untilElected();
    expect(keeper.role).toMatchObject({ is: "acting", term: 7 });
    lose(problem(ERROR_CODES.NOT_ACTING));
    await until("it campaigns again", () => elect !== null);
    expect(done).toEqual([
      ...["stands by, knows nothing", "campaigns", "leaves", "acting"],
      ...["ceases to act", "stands by, knows 1", "standby", "resigns", "campaigns"],
    ]);
    expect(keeper.role).toMatchObject({ is: "standby", reason: ERROR_CODES.NOT_ACTING });
    await untilElected();
  });

  it("does not fight for a framework that is taken from it in its own term", async () => {
    start(true);
    for (const pauseMs of [5_000, 10_000, 20_000]) {
      await untilElected();
      const before = clock.now();
      fail(problem(ERROR_CODES.FRAMEWORK_TAKEN_OVER));
      await until("it has resigned", () => done.at(-1) === "resigns");
      expect(await until("it waits", () => clock.next())).toBe(true);
      expect(clock.now() - before).toBe(pauseMs);
    }
    await until("it campaigns again", () => elect !== null);
  });

  it("campaigns at once when the framework went over to whoever acts now", async () => {
    start(true);
    await untilElected();
    held = false;
    fail(problem(ERROR_CODES.FRAMEWORK_TAKEN_OVER));
    await until("it campaigns again", () => elect !== null);
    expect(clock.now()).toBe(0);
  });

  it("ends when Mesos has removed the framework: a person must decide", async () => {
    const { ended } = start(true);
    await untilElected();
    fail(problem(ERROR_CODES.FRAMEWORK_REMOVED));
    expect(await ended).toMatchObject({ code: ERROR_CODES.FRAMEWORK_REMOVED });
    expect(done.slice(-4)).toEqual(["ceases to act", "stands by, knows 1", "standby", "resigns"]);
  });
});

describe("every controller", () => {
  it("ceases to act before it gives its term back, when it is stopped", async () => {
    const { ended } = start(true);
    await untilElected();
    await keeper.stop();
    expect(await ended).toBeNull();
    expect(done.slice(4)).toEqual([...["ceases to act", "resigns", "leaves"]]);
  });

  it("is stopped while it waits for a term", async () => {
    const { ended } = start(true);
    await until("it campaigns", () => elect);
    await keeper.stop();
    expect(await ended).toBeNull();
  });

  it("gives its term back and ends when it cannot begin to act", async () => {
    const { ended } = start(true);
    beginsWith = problem(ERROR_CODES.ADDRESS_IN_USE);
    (await until("it campaigns", () => elect))();
    await expect(ended).rejects.toMatchObject({ code: ERROR_CODES.ADDRESS_IN_USE });
    expect(done.at(-1)).toBe("resigns");
  });

  it("ends with its term where it may not stand by", async () => {
    const { firstTerm, ended } = start(false);
    await untilElected();
    await firstTerm;
    fail(problem(ERROR_CODES.FRAMEWORK_TAKEN_OVER));
    expect(await ended).toMatchObject({ code: ERROR_CODES.FRAMEWORK_TAKEN_OVER });
  });
});
