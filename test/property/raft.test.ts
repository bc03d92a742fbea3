/**
 * The Raft model under random schedules: crashes that lose what was not synced, partitions, loss,
 * delay, doubling, reordering, changes of members. And that these checks can fail.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../controller/model/ports.ts";
import { Disk } from "../simulation/raft/disk.ts";
import type { HardState } from "../simulation/raft/types.ts";
import {
  type Defect,
  RaftHistory,
  type Schedule,
  schedules,
} from "../support/simulation/raft-schedule.ts";

/** Says that all is written, and writes it half a second later. */
class LyingDisk extends Disk {
  override sync(clock: Clock, done: () => void): void {
    this.syncMs = 500;
    super.sync(clock, () => undefined);
    done();
  }
}

/** Forgets over a crash for whom it voted. */
class VoteForgettingDisk extends Disk {
  override writeHard(hard: HardState): void {
    super.writeHard({ ...hard, vote: null });
  }
}

const DEFECTS: Readonly<Record<string, Defect>> = {
  "votes for everybody who asks": {
    onEvent: (core, event) => {
      if (event.type === "vote-cast") core.vote = null;
    },
  },
  "forgets over a crash for whom it voted": {
    disk: (disk) => Object.setPrototypeOf(disk, VoteForgettingDisk.prototype) as Disk,
  },
  "acknowledges what it has not written": {
    disk: (disk) => Object.setPrototypeOf(disk, LyingDisk.prototype) as Disk,
  },
};

/** Searches for a schedule that shows it. */
function found(defect: Defect): readonly string[] {
  const violations = (schedule: Schedule) => {
    const history = new RaftHistory({ ...schedule, nodes: 5 }, defect);
    history.disturb();
    return history.violations();
  };
  const property = fc.property(schedules, (schedule) => violations(schedule).length === 0);
  const result = fc.check(property, { numRuns: 10_000, seed: 7, endOnFailure: true });
  return result.counterexample === null ? [] : violations(result.counterexample[0]);
}

describe("Raft", () => {
  it("keeps its safety properties at every step, and is whole again once all is healed", () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const history = new RaftHistory(schedule);
        history.disturb();
        expect(history.violations()).toEqual([]);
        expect(history.heal()).toBeNull();
        expect(history.violations()).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("replays a schedule to the same trace", () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const [first, second] = [new RaftHistory(schedule), new RaftHistory(schedule)];
        first.disturb();
        second.disturb();
        expect(first.trace.hash()).toBe(second.trace.hash());
      }),
      { numRuns: 20 },
    );
  });
});

describe("the checks of Raft", () => {
  it.each(Object.entries(DEFECTS))("find a node that %s", (_, defect) => {
    expect(found(defect)).not.toEqual([]);
  });
});
