import { execFileSync, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemdUnit } from "../../../controller/cli/render/systemd-unit.ts";
import { cli } from "./captured-context.ts";

describe("systemd-unit", () => {
  it("runs the controller with what it is told, from anywhere", async () => {
    const { code, stdout } = await cli([
      ...["systemd-unit", "--spec", "/etc/lab", "--", "--api", "127.0.0.1:9001"],
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^ExecStart=\/\S+ --enable-source-maps \/\S+\/controller\/main\.js controller --spec \/etc\/lab --state-dir \/var\/lib\/jupyter-cluster --api 127\.0\.0\.1:9001$/m,
    );
    expect(stdout).toContain("\nWantedBy=multi-user.target\n");
  });

  it("is a person's own with --user, on the person's own state", async () => {
    const { stdout } = await cli(["systemd-unit", "--spec", "lab.yaml", "--user"]);
    expect(stdout).toContain("\nWantedBy=default.target\n");
    expect(stdout).toContain(`--spec ${process.cwd()}/lab.yaml\n`);
  });

  it("says at once what the controller would not take", async () => {
    const { code, stdout, stderr } = await cli(["systemd-unit", "--spec", "a", "--", "--apo", "x"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("unknown option '--apo'");
  });

  const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
  it.runIf(hasSystemd)("is a unit that systemd takes, whatever is in its words", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jupyter-cluster-unit-"));
    try {
      const path = join(directory, "jupyter-cluster.service");
      const command = ["/bin/true", "a b", '"', "100%", "$HOME", "back\\slash"];
      await writeFile(path, systemdUnit({ command, isOfUser: true }));
      execFileSync("systemd-analyze", ["verify", "--man=no", "--user", path], {
        stdio: "pipe",
        env: { ...process.env, XDG_RUNTIME_DIR: directory },
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
