import { describe, expect, test } from "vitest";
import {
  applyParameters,
  type ContainerRequest,
} from "../../../../controller/mesos-local/agent/parameters.ts";

function apply(...parameters: [string, string][]) {
  const request: ContainerRequest = { body: { Env: [], Labels: {}, HostConfig: {} }, endpoint: {} };
  const refusal = applyParameters(
    request,
    parameters.map(([key, value]) => ({ key, value })),
  );
  return { refusal, ...request };
}

describe("a parameter becomes the Engine's field", () => {
  test.each<[string, string, object]>([
    ["ip", "10.0.0.7", { endpoint: { IPAMConfig: { IPv4Address: "10.0.0.7" } } }],
    ["hostname", "lab-slot-0", { body: { Hostname: "lab-slot-0" } }],
    ["volume", "data:/data", { body: { HostConfig: { Binds: ["data:/data"] } } }],
    ["volume", "/scratch", { body: { Volumes: { "/scratch": {} } } }],
    ["label", "a=b=c", { body: { Labels: { a: "b=c" } } }],
    ["pids-limit", "4096", { body: { HostConfig: { PidsLimit: 4096 } } }],
    ["cap-drop", "ALL", { body: { HostConfig: { CapDrop: ["ALL"] } } }],
    ["cap-add", "CHOWN", { body: { HostConfig: { CapAdd: ["CHOWN"] } } }],
    [
      "security-opt",
      "no-new-privileges",
      { body: { HostConfig: { SecurityOpt: ["no-new-privileges"] } } },
    ],
    [
      "security-opt",
      "apparmor=unconfined",
      { body: { HostConfig: { SecurityOpt: ["apparmor=unconfined"] } } },
    ],
    [
      "device",
      "/dev/fuse",
      {
        body: {
          HostConfig: {
            Devices: [
              { PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" },
            ],
          },
        },
      },
    ],
    ["label", "flag", { body: { Labels: { flag: "" } } }],
  ])("--%s=%s", (key, value, expected) => {
    expect(apply([key, value])).toMatchObject({ refusal: null, ...expected });
  });

  test("and the same one again is added, in order", () => {
    const { body } = apply(
      ["volume", "a:/a"],
      ["volume", "b:/b"],
      ["label", "x=1"],
      ["label", "y=2"],
    );
    expect(body).toMatchObject({
      HostConfig: { Binds: ["a:/a", "b:/b"] },
      Labels: { x: "1", y: "2" },
    });
  });
});

describe("a parameter is refused", () => {
  test.each([
    ["nobody-knows", "1", "unknown flag: --nobody-knows"],
    ["constructor", "1", "unknown flag: --constructor"],
    ["name", "mine", "unknown flag: --name"],
    [
      "ip",
      "10.0.0.256",
      'invalid argument "10.0.0.256" for "--ip" flag: invalid IPv4 address: 10.0.0.256',
    ],
    [
      "pids-limit",
      "many",
      'invalid argument "many" for "--pids-limit" flag: invalid number: \'many\'',
    ],
    [
      "security-opt",
      "seccomp=unconfined",
      'invalid argument "seccomp=unconfined" for "--security-opt" flag: not allowed: \'seccomp=unconfined\'',
    ],
    [
      "device",
      "/dev/sda",
      'invalid argument "/dev/sda" for "--device" flag: not allowed: \'/dev/sda\'',
    ],
    ["label", "=1", 'invalid argument "=1" for "--label" flag: invalid key=value: \'=1\''],
    ["volume", "", 'invalid argument "" for "--volume" flag: invalid volume specification'],
  ])("--%s=%s", (key, value, message) => {
    expect(apply([key, value]).refusal).toBe(message);
  });
});
