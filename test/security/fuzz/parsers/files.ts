/** Parsers of what lies on disks: the controller's state, snapshots, etcd's write-ahead log and its log lines. */
import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parseLogLine } from "../../../../agent-image/agent/etcd/log-line.ts";
import { readWal, WalCorruptError } from "../../../../agent-image/agent/etcd/wal/read-wal.ts";
import type { Files } from "../../../../agent-image/agent/ports/files.ts";
import { loadCheckpoint } from "../../../../controller/mesos-local/master/checkpoint.ts";
import { OperationError } from "../../../../controller/model/errors.ts";
import { clusterKey } from "../../../../controller/model/ids.ts";
import { ClusterMemoryStore } from "../../../../controller/store/cluster-memory-store.ts";
import { fileNameOf } from "../../../../controller/store/file-names.ts";
import { FrameworkStore } from "../../../../controller/store/framework-store.ts";
import {
  isSnapshotId,
  parseInfo,
  snapshotId,
} from "../../../../controller/store/snapshots/snapshot-info.ts";
import { TaskFiles } from "../../../../controller/store/task-files.ts";
import { sealJson, unsealJson } from "../../../../controller/support/files/sealed-json.ts";
import { segmentName, SegmentBytes } from "../../../support/agent/wal-bytes.ts";
import { silentLog } from "../../../support/silent-log.ts";
import { changedValue, editedBytes, editedText, jsonText } from "../inputs.ts";
import { type Parser, parser, refusingLater, requireSame, requireTrue } from "./parser.ts";

/** Of this process: files that the readers of state are given. */
const directory = mkdtempSync(join(tmpdir(), "fuzz-state-"));
process.once("exit", () => rmSync(directory, { recursive: true, force: true }));

/** With its checksum as it was written, with a fitting one, or with none. */
function stateText(...valid: readonly object[]): fc.Arbitrary<string> {
  const resealed = changedValue(...valid).map((value) =>
    typeof value === "object" && value !== null ? sealJson(value) : (JSON.stringify(value) ?? ""),
  );
  return fc.oneof(
    resealed,
    jsonText(...valid),
    editedText(...valid.map((value) => sealJson(value))),
  );
}

const framework = parser(
  "framework.json",
  stateText(
    { frameworkId: "0a1b-0001", masters: "m1:5050" },
    { frameworkId: null, masters: "local" },
  ),
  async (text) => {
    const path = join(directory, "framework.json");
    await writeFile(path, text);
    const record = await refusingLater(
      () => new FrameworkStore(path, silentLog).load(),
      OperationError,
    );
    if (record == null) return;
    const store = new FrameworkStore(join(directory, "again.json"), silentLog);
    await store.save(record);
    requireSame("the record, again", await store.load(), record);
  },
);

const MEMORY = {
  ...{ uid: "0a1b2c3d", generation: 1 },
  cluster: { metadata: { namespace: "default", name: "lab" }, spec: {} },
  slots: [{ slot: 0, launches: 3 }],
};

const memory = parser(
  "a cluster's memory",
  fc.tuple(stateText(MEMORY), fc.boolean()),
  async ([text, lost]) => {
    const clusters = join(directory, "clusters");
    const store = new ClusterMemoryStore(clusters, silentLog);
    await store.save("default/lab", MEMORY as never);
    const file = join(clusters, "default", "lab.json");
    // In the backup alone, the file itself being damaged.
    await writeFile(`${file}.bak`, lost ? text : "{");
    await writeFile(file, lost ? "{" : text);
    const memories = await refusingLater(() => store.loadAll(), OperationError);
    for (const key of memories?.keys() ?? []) requireSame("whose it is", key, "default/lab");
    for (const one of memories?.values() ?? []) {
      requireSame("whose it is", clusterKey(one.cluster.metadata), "default/lab");
      for (const { launches } of one.slots)
        requireTrue("a number of launches", Number.isInteger(launches));
    }
  },
);

const TASK = {
  ...{ taskId: "default.lab.1.0.0", state: "TASK_RUNNING", agentId: "a", ip: "172.30.0.10" },
  ...{ container: "mesos-1", healthy: null, reason: null, message: null, since: 1 },
};

const tasks = parser("a task's file", stateText(TASK), async (text) => {
  const files = new TaskFiles(join(directory, "tasks"), silentLog);
  await files.save(TASK as never);
  await writeFile(join(directory, "tasks", `${TASK.taskId}.json`), text);
  const loaded = await refusingLater(() => files.loadAll(), OperationError);
  requireTrue("it is read or left out", loaded !== undefined);
  for (const taskId of loaded?.keys() ?? []) requireSame("whose it is", taskId, TASK.taskId);
});

const CHECKPOINT = {
  ...{ version: 1, instanceId: "i-1", removedFrameworks: ["f-0"] },
  agents: [{ agentId: "a", hostname: "h" }],
  frameworks: [{ id: "f-1", info: { user: "u", name: "n" } }],
  tasks: [],
};

const checkpoint = parser(
  "the embedded Mesos's checkpoint",
  stateText(CHECKPOINT),
  async (text) => {
    await writeFile(join(directory, "checkpoint.json"), text);
    await refusingLater(() => loadCheckpoint(directory), OperationError);
  },
);

const sealed = parser(
  "sealed JSON",
  fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
  (value) => {
    const { checksum: _own, ...plain } = value;
    requireSame("what was sealed", unsealJson(sealJson(plain)), JSON.parse(JSON.stringify(plain)));
  },
);

const anyName = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  editedText("default.lab.1.0.0", ".", ".."),
);

const names = parser("names of files", fc.tuple(anyName, anyName), ([a, b]) => {
  const [one, other] = [fileNameOf(a), fileNameOf(b)];
  requireTrue(`${one} is a name`, /^[A-Za-z0-9_%=-][A-Za-z0-9._%=-]{0,199}$/.test(one));
  requireTrue("different ones stay different", (one === other) === (a === b));
});

const SNAPSHOT = {
  ...{ id: "20260102T030405678Z-r7", takenAt: "2026-01-02T03:04:05.678Z", revision: 7, keys: 3 },
  ...{ sizeBytes: 544, sha256: "a".repeat(64), clusterId: "c1" },
};

const snapshots = parser(
  "a snapshot's name and facts",
  fc.tuple(editedText(SNAPSHOT.id), jsonText(SNAPSHOT), fc.nat(4e12), fc.nat()),
  ([id, text, takenAt, revision]) => {
    requireTrue("one of ours is known", isSnapshotId(snapshotId(takenAt, revision)));
    requireTrue("it is no path", !isSnapshotId(id) || !/[/\\\0\n]|\.\./.test(id));
    const info = parseInfo(text, SNAPSHOT.id);
    if (info !== null)
      requireSame("the facts, again", parseInfo(JSON.stringify(info), SNAPSHOT.id), info);
  },
);

const log = new SegmentBytes().metadata(7n, 9n).snapshot(0, 0).state(2, 3);
for (let index = 1; index < 30; index += 1) log.entry(index, 2);

/** A directory with one segment in it. */
function walOf(bytes: Buffer): Files {
  const file = {
    size: () => Promise.resolve(bytes.length),
    read: (offset: number, length: number) =>
      Promise.resolve(bytes.subarray(offset, offset + length)),
    close: () => Promise.resolve(),
  };
  const name = segmentName(0, 0);
  return {
    list: () => Promise.resolve([name]),
    open: () => Promise.resolve(file),
  } as unknown as Files;
}

const wal = parser(
  "etcd's write-ahead log",
  editedBytes(log.bytes(), log.bytes(8192)),
  async (bytes) => {
    const reading = await refusingLater(() => readWal(walOf(bytes), "wal"), WalCorruptError);
    if (reading === undefined || reading === null) return;
    requireTrue("its end lies in the file", reading.tail.offset <= bytes.length);
    const whole = walOf(bytes.subarray(0, reading.tail.offset));
    requireSame("what comes before the end", asText(await readWal(whole, "wal")), asText(reading));
  },
);

function asText(reading: Awaited<ReturnType<typeof readWal>>): string {
  const { tail: _tail, ...facts } = reading ?? { tail: null };
  return JSON.stringify(facts, (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
}

const LOG_LINES = [
  {
    level: "info",
    ts: "2026-01-02T03:04:05.678Z",
    logger: "raft",
    msg: "a1 became candidate at term 3",
  },
  {
    level: "info",
    ts: "2026-01-02T03:04:05.678Z",
    msg: "restarting local member",
    "local-member-id": "a1",
    "cluster-id": "c1",
    "commit-index": 4,
  },
  { level: "fatal", ts: "2026-01-02T03:04:05.678Z", msg: "failed", error: "why" },
  {
    level: "warn",
    ts: "2026-01-02T03:04:05.678Z",
    msg: "server error",
    error: "the member has been permanently removed",
  },
];

const logLines = parser(
  "etcd's log lines",
  fc.oneof(jsonText(...LOG_LINES), editedText("panic: why", "fatal error: why")),
  (line) => parseLogLine(line, 0),
  (size) => () =>
    parseLogLine(
      JSON.stringify({ ...LOG_LINES[0], msg: `a1 [logterm: ${"1 ".repeat(size / 2)}` }),
      0,
    ),
);

export const FILES: readonly Parser[] = [
  ...[framework, memory, tasks, checkpoint, sealed, names, snapshots, wal, logLines],
];
