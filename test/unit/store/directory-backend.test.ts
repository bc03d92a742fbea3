import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryBackend } from "../../../controller/store/directory/directory-backend.ts";
import { writeMoveMark } from "../../../controller/store/directory/move-file.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { readJson, writeJsonTwice } from "../../../controller/support/files/json-file.ts";
import type { FormatRecord } from "../../../controller/model/state-format.ts";
import { silentLog } from "../../support/silent-log.ts";
import { describeStateBackend } from "../../support/store/backend-contract.ts";

describeStateBackend("a directory", async () => {
  const directory = await mkdtemp(join(tmpdir(), "store-directory-"));
  const common = { directory, masters: "local", clock: systemClock, log: silentLog };
  return {
    open: async (waits) => new DirectoryBackend({ ...common, waits }),
    writeVersion: (version) => writeJsonTwice(join(directory, "version.json"), { version }),
    format: async () => (await readJson(join(directory, "version.json")))?.value as FormatRecord,
    writeMark: (mark) => writeMoveMark(directory, mark),
    damage: async () => {
      const [name = ""] = await readdir(join(directory, "clusters", "default"));
      const path = join(directory, "clusters", "default", name);
      await writeFile(path, "{");
      return path;
    },
    remove: () => rm(directory, { recursive: true }),
  };
});
