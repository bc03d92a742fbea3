import { expect, test } from "vitest";
import { healthFrom } from "../../../agent-image/agent/etcd/health.ts";

const ANSWER: Parameters<typeof healthFrom>[0] = {
  header: {
    cluster_id: "10163970203552940390",
    member_id: "12301042104082065438",
    revision: "42",
    raft_term: "2",
  },
  version: "3.5.16",
  dbSize: "20480",
  dbSizeInUse: "16384",
  leader: "12301042104082065438",
  raftIndex: "50",
  raftTerm: "2",
  raftAppliedIndex: "50",
  errors: [],
  isLearner: false,
};

test("a status is told in our terms", () => {
  expect(healthFrom(ANSWER)).toMatchObject({
    leaderId: healthFrom(ANSWER).memberId,
    revision: 42,
    dbSizeBytes: 20480,
    dbSizeInUseBytes: 16384,
    alarms: [],
  });
});

test("alarms are told with the member that they are of, and other errors are not alarms", () => {
  const errors = [
    "etcdserver: no leader",
    "memberID:12301042104082065438 alarm:NOSPACE ",
    "alarm:CORRUPT ",
  ];
  expect(healthFrom({ ...ANSWER, leader: "0", errors })).toMatchObject({
    leaderId: null,
    alarms: [
      { memberId: "aab6149eb4ef681e", alarm: "NOSPACE" },
      { memberId: "0", alarm: "CORRUPT" },
    ],
  });
});
