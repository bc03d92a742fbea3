import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { followProgress } from "../../../controller/docker/progress.ts";

async function follow(chunks: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  await followProgress(Readable.from(chunks), {
    silenceMsMax: 5000,
    onLine: (line) => lines.push(line),
  });
  return lines;
}

describe("a progress stream of Docker", () => {
  it("is shown line by line, however it is cut into chunks", async () => {
    expect(await follow(['{"stream":"one\\n"}\n{"str', 'eam":"two\\nthree\\n"}\n'])).toEqual([
      "one",
      "two",
      "three",
    ]);
  });

  it("keeps characters whole that are cut in two", async () => {
    const bytes = Buffer.from('{"stream":"größer"}\n');
    const lines: string[] = [];
    await followProgress(Readable.from([bytes.subarray(0, 14), bytes.subarray(14)]), {
      silenceMsMax: 5000,
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual(["größer"]);
  });

  it("leaves out the progress of single layers", async () => {
    const lines = ['{"status":"Downloading","id":"abc"}\n', '{"status":"Digest: sha256:1"}\n'];
    expect(await follow(lines)).toEqual(["Digest: sha256:1"]);
  });

  it("ends with Docker's own words when it reports an error", async () => {
    await expect(follow(['{"stream":"ok"}\n', '{"error":"exit code 100"}\n'])).rejects.toThrow(
      "exit code 100",
    );
  });

  it("is given up after a silence", async () => {
    const silent = new PassThrough();
    silent.write('{"stream":"begun"}\n');
    await expect(
      followProgress(silent, { silenceMsMax: 50, onLine: () => undefined }),
    ).rejects.toThrow("no progress for 0.05 seconds");
    expect(silent.destroyed).toBe(true);
  });
});
