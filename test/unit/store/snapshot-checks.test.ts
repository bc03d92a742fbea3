import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../../controller/model/errors.ts";
import { onDisk } from "../../../controller/store/snapshots/snapshot-errors.ts";
import { SnapshotHash } from "../../../controller/store/snapshots/snapshot-hash.ts";
import { factsOf, snapshotBytes } from "../../support/snapshots/snapshot-content.ts";

describe("the check of a snapshot", () => {
  it("says the same however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        (cuts, good) => {
          const bytes = snapshotBytes(1);
          if (!good) bytes[0] = 0;
          const hash = new SnapshotHash();
          let at = 0;
          for (const cut of cuts) {
            hash.update(bytes.subarray(at, at + cut));
            at = Math.min(at + cut, bytes.length);
          }
          hash.update(bytes.subarray(at));
          const { sizeBytes, sha256, problem } = hash.finish();
          expect([sizeBytes, sha256, problem === null]).toEqual([544, factsOf(bytes).sha256, good]);
        },
      ),
    );
  });
});

describe("an error of the disk", () => {
  it.each([
    ["ENOSPC", ERROR_CODES.DISK_FULL, /\/srv\/x: the disk is full\. Free some space, keep fewer/],
    ["EDQUOT", ERROR_CODES.DISK_FULL, /quota/],
    ["EROFS", ERROR_CODES.SNAPSHOT_FAILED, /read-only/],
    ["EACCES", ERROR_CODES.SNAPSHOT_FAILED, /Change its owner/],
    ["EMFILE", ERROR_CODES.SNAPSHOT_FAILED, /\/srv\/x: as the system says/],
  ])("says what to do about %s", async (code, ours, message) => {
    const error = Object.assign(new Error("as the system says"), { code, syscall: "write" });
    await expect(
      onDisk("SaveSnapshot", "/srv/x", () => Promise.reject(error)),
    ).rejects.toMatchObject({
      code: ours,
      operation: "SaveSnapshot",
      message: expect.stringMatching(message),
      cause: error,
    });
  });
});
