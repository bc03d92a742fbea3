import { expect, test } from "vitest";
import { DockerMount } from "../../../../agent-image/agent/storage/docker-mount.ts";
import { MountProbe } from "../../../../agent-image/agent/storage/mount-probe.ts";
import { StillRunning } from "../../../../agent-image/agent/ports/processes.ts";
import { SteppedClock } from "../../../support/mesos-local/stepped-clock.ts";

const USER = { name: "admin", uid: 1000, gid: 1000, home: "/home/admin" };

function hangingProbe() {
  const clock = new SteppedClock();
  let end: () => void = () => undefined;
  let asked = 0;
  let answers = false;
  const run = () => {
    asked += 1;
    if (answers) return Promise.resolve("");
    clock.advance(3_000);
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    return Promise.reject(new StillRunning("no end", ended));
  };
  const probe = new MountProbe({ mountPath: "/s", slot: 0, clock, processes: { run } });
  const endChild = async () => {
    end();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    ...{ probe, clock, endChild },
    asked: () => asked,
    answer: () => {
      answers = true;
    },
  };
}

test("a mount that hangs is asked by one child at a time, however long that takes to end", async () => {
  const { probe, clock, asked } = hangingProbe();
  expect(await probe.probe(USER)).toEqual({ state: "hangs", forMs: 3_000 });
  clock.advance(60_000);
  expect(await probe.probe(USER)).toEqual({ state: "hangs", forMs: 63_000 });
  expect(asked()).toBe(1);
});

test("it has hung since the first question, also when each child could be killed", async () => {
  const { probe, clock, endChild, asked } = hangingProbe();
  await probe.probe(USER);
  await endChild();
  clock.advance(1_000);
  expect(await probe.probe(USER)).toEqual({ state: "hangs", forMs: 7_000 });
  expect(asked()).toBe(2);
});

test("an answer ends it", async () => {
  const { probe, endChild, answer } = hangingProbe();
  await probe.probe(USER);
  await endChild();
  answer();
  expect(await probe.probe(USER)).toBeNull();
});

const of = (line: string, requireMount = true) =>
  new DockerMount({
    ...{ mountPath: "/s", requireMount },
    files: { read: () => Promise.resolve(`7 1 8:1 ${line}\n`) },
  }).ensure();

test.each([
  ["a disk of its own", "/ /s rw - ext4 /dev/sdb1 rw"],
  ["a directory of a mounted volume", "/team /s rw master:9 - fuse.glusterfs g1:jup rw"],
  ["a share", "/ /s rw - nfs4 n1:/x rw"],
])("where the host must have mounted something, %s will do", async (_, line) => {
  expect(await of(line)).toBeNull();
});

test("a directory of the host's disk will not, unless nothing is asked for", async () => {
  const fault = await of("/srv/jupyter /s rw - ext4 /dev/sda1 rw");
  expect(fault).toEqual({
    fault: "NotMounted",
    message:
      "the host has no file system mounted at the directory that /s shows: it is /srv/jupyter of its ext4 on /dev/sda1 (spec.storage.shared.requireMount)",
  });
  expect(await of("/srv/jupyter /s rw - ext4 /dev/sda1 rw", false)).toBeNull();
  expect((await of("/x /other rw - ext4 /dev/sda1 rw", false))?.message).toBe(
    "nothing is mounted at /s",
  );
});
