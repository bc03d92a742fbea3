import { describe, expect, it } from "vitest";
import { hostPortText, parseHostPort } from "../../../controller/support/host-port.ts";

describe("HOST:PORT", () => {
  it.each([
    ["127.0.0.1:8001", { host: "127.0.0.1", port: 8001 }],
    ["mesos.example:5050", { host: "mesos.example", port: 5050 }],
    ["localhost:1", { host: "localhost", port: 1 }],
    ["host:65535", { host: "host", port: 65_535 }],
    ["[::1]:8001", { host: "::1", port: 8001 }],
    ["[fd00::1%eth0]:80", { host: "fd00::1%eth0", port: 80 }],
  ])("reads and writes %s", (text, expected) => {
    expect(parseHostPort(` ${text}\n`)).toEqual(expected);
    expect(hostPortText(expected)).toBe(text);
  });

  it.each([
    ["", /the host is missing/],
    [":80", /the host is missing/],
    ["8001", /the port is missing/],
    ["host", /the port is missing/],
    ["host:", /the port is missing/],
    ["[::1]", /the port is missing/],
    ["host:0", /a port is a number from 1 to 65535/],
    ["host:65536", /a port is a number/],
    ["host:http", /a port is a number/],
    ["host:1/path", /a port is a number/],
    ["http://a:1", /a port is a number/],
    ["::1:8001", /an IPv6 address stands in brackets/],
    ["a b:1", /no host name/],
    ["user@host:1", /no host name/],
    ["[host]:1", /in brackets stands an IPv6 address/],
    ["[::1:80", /in brackets stands an IPv6 address/],
    ["[::1]x:80", /in brackets stands an IPv6 address/],
  ])("refuses %j and says why", (text, why) => {
    expect(() => parseHostPort(text)).toThrow(why);
    expect(() => parseHostPort(text)).toThrow(/^HOST:PORT is wanted, e\.g\. 127\.0\.0\.1:8001: /);
  });
});
