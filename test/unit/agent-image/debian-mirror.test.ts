import { describe, expect, it } from "vitest";
import { parseIndexTargets, sourcesList } from "../../../agent-image/build/debian-mirror.ts";

describe("the mirror of this machine", () => {
  it("is the one that apt takes Debian and its security updates from", () => {
    const output = [
      "Debian|contrib|http://mirror.test/other/",
      "Debian|main|http://mirror.test/debian/",
      "Debian-Security|main|http://mirror.test/security/",
    ].join("\n");
    expect(parseIndexTargets(output)).toEqual({
      main: "http://mirror.test/debian/",
      security: "http://mirror.test/security/",
    });
  });

  it("is unknown where apt knows no Debian", () => {
    expect(parseIndexTargets("")).toEqual({ main: null, security: null });
  });

  it("is never one that a container cannot reach", () => {
    expect(parseIndexTargets("Debian|main|file:/media/debian/")).toMatchObject({ main: null });
  });
});

describe("sources.list", () => {
  it("has the release, its updates and its security updates", () => {
    expect(sourcesList({ main: "http://m/debian/", security: "http://m/sec/" }, "trixie")).toBe(
      "deb http://m/debian/ trixie main\n" +
        "deb http://m/debian/ trixie-updates main\n" +
        "deb http://m/sec/ trixie-security main\n",
    );
  });

  it("leaves security updates out where no mirror of them is known", () => {
    expect(sourcesList({ main: "http://m/debian/", security: null }, "trixie")).not.toContain(
      "security",
    );
  });

  it("is left to the bootstrap tool where no mirror is known", () => {
    expect(sourcesList({ main: null, security: null }, "trixie")).toBe("");
  });
});
