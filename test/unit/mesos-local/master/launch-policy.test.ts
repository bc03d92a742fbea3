import { describe, expect, test } from "vitest";
import { forbidden } from "../../../../controller/mesos-local/master/launch-policy.ts";
import {
  FUSE_PARAMETERS,
  KERNEL_MOUNT_PARAMETERS,
} from "../../../../crd-schema/storage/node-mount.ts";
import { taskInfo, type TaskWishes } from "../../../support/mesos-local/fixtures.ts";

const said = (parameters: NonNullable<TaskWishes["docker"]>["parameters"], mounts: boolean) => {
  const wishes = parameters === undefined ? {} : { docker: { parameters } };
  return forbidden(taskInfo("t", { ...wishes, agentId: "a" }), {
    hostPaths: ["/srv"],
    commands: false,
    mounts,
  });
};

describe("what a container needs to mount file systems", () => {
  test("is given where a spec, or a person, asks for it", () => {
    expect(said([...FUSE_PARAMETERS], true)).toBeNull();
    expect(said([...KERNEL_MOUNT_PARAMETERS], true)).toBeNull();
  });

  test.each(FUSE_PARAMETERS)("and else nothing of it: $key=$value", (parameter) => {
    expect(said([parameter], false)).toMatch(/^The embedded Mesos does not give a container /);
  });

  test("and with it no other capability", () => {
    expect(said([{ key: "cap-add", value: "SYS_PTRACE" }], true)).toContain("SYS_PTRACE");
  });
});

test("a directory's mounts of the host may show in the container, not the other way round", () => {
  expect(said([{ key: "volume", value: "/srv:/x:rslave" }], false)).toBeNull();
  expect(said([{ key: "volume", value: "/srv:/x:rshared" }], false)).toContain("rshared");
});
