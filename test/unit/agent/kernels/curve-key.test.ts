import { expect, test } from "vitest";
import { newCurveKeys, z85 } from "../../../../agent-image/agent/kernels/curve-key.ts";
import { Z85_KEY } from "../../../../controller/support/key-values.ts";

test("Z85 is as its specification's example says", () => {
  expect(z85(Buffer.from("864fd26fb559f75b", "hex"))).toBe("HelloWorld");
});

test("a pair is two keys of 40 characters, another one each time", () => {
  const [a, b] = [newCurveKeys(), newCurveKeys()];
  for (const key of [a.publicKey, a.secretKey, b.publicKey, b.secretKey])
    expect(key).toMatch(Z85_KEY);
  expect(new Set([a.publicKey, a.secretKey, b.publicKey, b.secretKey]).size).toBe(4);
});
