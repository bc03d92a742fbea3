import { expect, test } from "vitest";
import { quietLog } from "../../../agent-image/agent/jupyter/quiet-log.ts";

const SECRETS = { token: "tOkEn_of-43", cookieSecret: "c00kie" };

function written(line: string, secrets: typeof SECRETS | null = SECRETS): string {
  const lines: string[] = [];
  quietLog({ write: (text) => lines.push(text) }, () => secrets).write(line);
  return lines.join("\n");
}

test.each([
  [
    "400 GET /api/x?token=tOkEn_of-43&a=b (@10.0.0.1)",
    "400 GET /api/x?token=[redacted]&a=b (@10.0.0.1)",
  ],
  ["404 GET /?token=somebodys-wrong", "404 GET /?token=[redacted]"],
  ['"Authorization": "token tOkEn_of-43"', '"Authorization": "token [redacted]"'],
  ['"Referer": "http://h/lab?token=tOkEn_of-43"', '"Referer": "http://h/lab?token=[redacted]"'],
  ["secret c00kie", "secret [redacted]"],
  ["nothing of it", "nothing of it"],
])("%s", (line, told) => {
  expect(written(line)).toBe(told);
});

test("before any secret is known, and where the token is empty, lines stay whole", () => {
  expect(written("a line", null)).toBe("a line");
  expect(written("a line", { token: "", cookieSecret: "" })).toBe("a line");
});
