import { expect, test } from "vitest";
import { proportionalBytes, useBelow } from "../../../../agent-image/agent/kernels/process-tree.ts";

const facts = (pid: number, parent: number, threads = 1, ownBytes = 10) => ({
  ...{ pid, parent, group: pid < 30 ? pid : 20, threads, ownBytes },
  zombie: false,
});

test("counts what is below the keeper, whatever order it is listed in, and neither it nor others", () => {
  const all = [
    facts(40, 30),
    facts(1, 0),
    facts(10, 1),
    facts(30, 20, 3),
    facts(20, 10, 8, 500),
    facts(50, 1),
  ];
  const { pids, groups, tasks, bytes } = useBelow(10, all);
  expect(pids.toSorted((a, b) => a - b)).toEqual([20, 30, 40]);
  expect(groups.toSorted((a, b) => a - b)).toEqual([20]);
  expect(tasks).toBe(12);
  expect(bytes).toBe(520);
});

test("ends on a table that holds a circle", () => {
  expect(useBelow(1, [facts(2, 1), facts(3, 2), facts(2, 3)]).pids.length).toBe(2);
});

test("reads anonymous and shared memory of smaps_rollup, and no file's", () => {
  const one =
    "Pss:  900 kB\nPss_Anon:             100 kB\nPss_File:  7 kB\nPss_Shmem:             28 kB\n";
  expect(proportionalBytes(one + one)).toBe(256 * 1024);
});
