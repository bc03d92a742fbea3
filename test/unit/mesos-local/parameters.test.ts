import { describe, expect, test } from "vitest";
import { applyParameters, type Draft } from "../../../controller/mesos-local/agent/parameters.ts";

function apply(...parameters: [string, string][]) {
  const draft: Draft = { body: { Env: [], Labels: {}, HostConfig: {} }, endpoint: {} };
  const refusal = applyParameters(
    draft,
    parameters.map(([key, value]) => ({ key, value })),
  );
  return { refusal, ...draft };
}

describe("a parameter becomes the Engine's field", () => {
  test.each<[string, string, object]>([
    ["ip", "10.0.0.7", { endpoint: { IPAMConfig: { IPv4Address: "10.0.0.7" } } }],
    ["hostname", "lab-slot-0", { body: { Hostname: "lab-slot-0" } }],
    ["volume", "data:/data", { body: { HostConfig: { Binds: ["data:/data"] } } }],
    ["volume", "/scratch", { body: { Volumes: { "/scratch": {} } } }],
    ["label", "a=b=c", { body: { Labels: { a: "b=c" } } }],
    ["label", "flag", { body: { Labels: { flag: "" } } }],
    ["cap-add", "SYS_ADMIN", { body: { HostConfig: { CapAdd: ["SYS_ADMIN"] } } }],
    [
      "ulimit",
      "nofile=1024:2048",
      { body: { HostConfig: { Ulimits: [{ Name: "nofile", Soft: 1024, Hard: 2048 }] } } },
    ],
    ["env", "A=1", { body: { Env: ["A=1"] } }],
    ["shm-size", "64m", { body: { HostConfig: { ShmSize: 64 * 2 ** 20 } } }],
    ["init", "true", { body: { HostConfig: { Init: true } } }],
    ["add-host", "x:1.2.3.4", { body: { HostConfig: { ExtraHosts: ["x:1.2.3.4"] } } }],
    ["tmpfs", "/run:size=1m", { body: { HostConfig: { Tmpfs: { "/run": "size=1m" } } } }],
    ["memory-swap", "-1", { body: { HostConfig: { MemorySwap: -1 } } }],
    ["memory-swap", "1g", { body: { HostConfig: { MemorySwap: 2 ** 30 } } }],
    ["cpus", "1.5", { body: { HostConfig: { NanoCpus: 1.5e9 } } }],
    [
      "log-opt",
      "max-size=1m",
      { body: { HostConfig: { LogConfig: { Config: { "max-size": "1m" } } } } },
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
    [
      "publish",
      "127.0.0.1:8080:80",
      {
        body: {
          ExposedPorts: { "80/tcp": {} },
          HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }] } },
        },
      },
    ],
    [
      "mount",
      "type=bind,source=/a,target=/b,readonly",
      {
        body: {
          HostConfig: { Mounts: [{ Type: "bind", Source: "/a", Target: "/b", ReadOnly: true }] },
        },
      },
    ],
  ])("--%s=%s", (key, value, expected) => {
    expect(apply([key, value])).toMatchObject({ refusal: null, ...expected });
  });

  test("and the same one again is added, in order", () => {
    const { body } = apply(["volume", "a:/a"], ["v", "b:/b"], ["label", "x=1"], ["label", "y=2"]);
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
    ["name", "mine", "docker: the parameter 'name' is set by Mesos itself."],
    ["rm", "true", "docker: the parameter 'rm' is set by Mesos itself."],
    [
      "ip",
      "10.0.0.256",
      'invalid argument "10.0.0.256" for "--ip" flag: invalid IPv4 address: 10.0.0.256',
    ],
    ["shm-size", "big", 'invalid argument "big" for "--shm-size" flag: invalid size: \'big\''],
    [
      "ulimit",
      "nofile",
      'invalid argument "nofile" for "--ulimit" flag: invalid ulimit argument: nofile',
    ],
    ["init", "maybe", 'invalid argument "maybe" for "--init" flag: invalid boolean: \'maybe\''],
    ["volume", "", 'invalid argument "" for "--volume" flag: invalid volume specification'],
    ["env", "HOME", 'invalid argument "HOME" for "--env" flag: \'HOME\' has no value'],
  ])("--%s=%s", (key, value, message) => {
    expect(apply([key, value]).refusal).toBe(message);
  });
});
