import { describe, expect, test } from "vitest";
import {
  mountArguments,
  NfsMount,
  whyNotMounted,
} from "../../../../agent-image/agent/storage/nfs-mount.ts";
import { MountPlace } from "../../../../agent-image/agent/storage/mount-place.ts";
import { silentLog } from "../../../support/silent-log.ts";

const SHARE = { type: "nfs", server: "n1", path: "/x", options: [] } as const;
const GUARD = "9 1 0:9 / /s ro - tmpfs jupyter-cluster-guard ro\n";
const MOUNTED = `${GUARD}10 9 0:10 / /s rw - nfs4 n1:/x rw\n`;

test("the kernel is given the address, the newest version, and the options as one argument", () => {
  expect(mountArguments(SHARE, "10.0.0.9", "/s")).toEqual([
    ...["--internal-only", "-t", "nfs4", "-o", "rw,nosuid,nodev,vers=4.2,addr=10.0.0.9"],
    ...["n1:/x", "/s"],
  ]);
  const older = { ...SHARE, options: ["vers=4.0", "soft"] };
  expect(mountArguments(older, "10.0.0.9", "/s")[4]).toBe(
    "rw,nosuid,nodev,vers=4.0,soft,addr=10.0.0.9",
  );
});

describe("what mount(8) says is told apart", () => {
  test.each([
    ["mount: /s: unknown filesystem type 'nfs4'.", "MountNotSupported"],
    ["mount: /s: mount(2) system call failed: Connection timed out.", "ServersUnreachable"],
    ["mount: /s: mount(2) system call failed: Connection refused.", "ServersUnreachable"],
    ["mount: /s: mount(2) system call failed: No such file or directory.", "VolumeNotFound"],
    ["mount: /s: permission denied.", "VolumeNotFound"],
    ["mount: /s: wrong fs type, bad option, bad superblock on n1:/x.", "NotMounted"],
  ])("%s", (said, fault) => {
    expect(whyNotMounted(said, SHARE).fault).toBe(fault);
  });
});

/** A host on which the commands do as they are told. */
function world(mountinfo: string, run: (file: string) => string) {
  const ran: string[] = [];
  const clock = { at: 0, now: () => clock.at, after: () => () => undefined };
  const ports = {
    clock,
    log: silentLog,
    files: { read: () => Promise.resolve(mountinfo) },
    processes: {
      run: (file: string, args: readonly string[]) => {
        ran.push([file, ...args].join(" "));
        return Promise.resolve().then(() => run(file));
      },
    },
  };
  const place = new MountPlace({ ...ports, mountPath: "/s" });
  return { mount: new NfsMount({ ...ports, share: SHARE, mountPath: "/s", place }), ran, clock };
}

describe("the share", () => {
  test("is mounted at the address that its name has now", async () => {
    const { mount, ran } = world(GUARD, (file) =>
      file.endsWith("getent") ? "10.0.0.9  STREAM n1\n" : "",
    );
    expect(await mount.ensure()).toBeNull();
    expect(ran.at(-1)).toContain("addr=10.0.0.9 n1:/x /s");
    expect(mount.mounts).toBe(1);
  });

  test("is not mounted twice", async () => {
    const { mount, ran } = world(MOUNTED, () => "");
    expect(await mount.ensure()).toBeNull();
    expect(ran).toEqual([]);
  });

  test("of a server without an address is told so", async () => {
    const { mount } = world(GUARD, () => {
      throw new Error("getent ahostsv4: Command failed");
    });
    expect((await mount.ensure())?.message).toBe("no address is known of the NFS server n1");
  });

  test("that has become another on its server is let go, and a server that is away is waited for", async () => {
    const { mount, ran } = world(MOUNTED, () => "");
    expect((await mount.explain({ state: "hangs", forMs: 9_000 })).fault).toBe("MountNotAnswering");
    expect(ran).toEqual([]);
    const stale = { state: "fails", message: "mktemp: /s/x: Stale file handle" } as const;
    expect((await mount.explain(stale)).fault).toBe("MountDead");
    expect(ran[0]).toBe("/usr/bin/umount --lazy --no-canonicalize --internal-only /s");
  });

  test("that is let go again and again is so at waits that grow, until it has once worked", async () => {
    const { mount, ran, clock } = world(MOUNTED, () => "");
    const stale = { state: "fails", message: "mktemp: /s/x: Stale file handle" } as const;
    const ended: number[] = [];
    const look = async (untilSeconds: number) => {
      for (; clock.at < untilSeconds * 1_000; clock.at += 1_000) {
        ran.length = 0;
        await mount.explain(stale);
        if (ran.length > 0) ended.push(clock.at / 1_000);
      }
    };
    await look(1_000);
    expect(ended).toEqual([0, 121, 362, 843]);
    mount.works();
    await look(1_001);
    expect(ended.at(-1)).toBe(1_000);
  });
});
