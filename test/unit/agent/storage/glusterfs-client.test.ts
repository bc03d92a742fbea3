import { describe, expect, test } from "vitest";
import {
  clientCommand,
  errorIn,
  isServing,
  whyNotMounted,
} from "../../../../agent-image/agent/storage/glusterfs-client.ts";

const VOLUME = {
  type: "glusterfs",
  servers: ["g1", "g2"],
  volume: "jup",
  options: ["acl", "entry-timeout=2"],
} as const;

/** As version 11.1 logs. */
const line = (level: string, text: string) =>
  `[2026-11-29 16:07:46.271377 +0000] ${level} [glusterfsd-mgmt.c:2514:mgmt_getspec_cbk] ${text}`;

test("the client runs in the foreground, and each option is an argument of its own", () => {
  const { file, args } = clientCommand(VOLUME, "/stage");
  expect([file, ...args]).toEqual([
    ...["/usr/sbin/glusterfs", "--no-daemon", "--log-file=-", "--log-level=INFO"],
    ...["--process-name=fuse", "--fuse-mountopts=rw,nosuid,nodev", "--acl", "--entry-timeout=2"],
    ...["--volfile-server=g1", "--volfile-server=g2", "--volfile-id=jup", "/stage"],
  ]);
});

test("it serves once it has the volume's graph, not when the kernel has the mount", () => {
  expect(isServing(line("I", "0-fuse: switched to graph 0"))).toBe(true);
  expect(isServing(line("I", "0-glusterfs-fuse: FUSE inited with protocol versions"))).toBe(false);
});

test("of its log errors are told, without time and place", () => {
  expect(errorIn(line("E", "0-mgmt: failed"))).toBe("0-mgmt: failed");
  const numbered = "[2026-11-29 16:08:06.0 +0000] E [MSGID: 101018] [x.c:643:f] 0-fuse: failed";
  expect(errorIn(numbered)).toBe("0-fuse: failed");
  expect(errorIn(line("I", "0-mgmt: fine"))).toBeNull();
});

describe("it has ended without having mounted anything", () => {
  test.each([
    [
      line("E", "0-glusterfs-fuse: cannot open /dev/fuse (No such file or directory)"),
      "MountNotAllowed",
      "the container may not use /dev/fuse, which the Mesos agent's Docker must give it (No such file or directory)",
    ],
    [
      line("E", "0-glusterfs-fuse: mount of g1:jup to /s (,) failed (Operation not permitted)"),
      "MountNotAllowed",
      "the container may not mount file systems: the Mesos agent's Docker must let it have the capability SYS_ADMIN and run it without an AppArmor profile (mount of g1:jup to /s (,) failed (Operation not permitted)",
    ],
    [
      line("E", "0-mgmt: failed to fetch volume file (key:jup)"),
      "VolumeNotFound",
      "the GlusterFS servers (g1, g2) have no volume jup, or do not give it to this node",
    ],
    [
      line("I", "0-glusterfsd-mgmt: Exhausted all volfile servers"),
      "ServersUnreachable",
      "no GlusterFS server of g1, g2 answers",
    ],
    [
      line("E", "0-glusterfs: DNS resolution failed on host g2"),
      "ServersUnreachable",
      "no GlusterFS server of g1, g2 answers: no address is known of g2",
    ],
    [line("E", "0-fuse: odd"), "NotMounted", "the GlusterFS client has ended: 0-fuse: odd"],
    ["", "NotMounted", "the GlusterFS client has ended"],
  ])("%s", (said, fault, message) => {
    const found = whyNotMounted([line("I", "begins"), said], VOLUME);
    expect(found.fault).toBe(fault);
    expect(found.message).toContain(message);
  });
});
