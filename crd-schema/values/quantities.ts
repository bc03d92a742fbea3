/** Kubernetes' quantities, as far as a spec uses them, in the units of Mesos. */

const BYTES: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
};

/**
 * Whole MiB of a quantity with a unit ("512Mi", "1.5G"), rounded up, so that a node never gets less
 * than was written.
 *
 * @throws a text that the schema refuses
 */
export function mebibytes(quantity: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(Ki|Mi|Gi|Ti|k|M|G|T)$/.exec(quantity);
  const unit = BYTES[match?.[2] ?? ""];
  if (match === null || unit === undefined) throw new Error(`not a quantity: ${quantity}`);
  // Bytes first, for they are whole: 0.1Gi is 107374182.4 bytes in binary fractions.
  return Math.ceil(Math.round(Number(match[1]) * unit) / 2 ** 20);
}

/**
 * Cores of a number or of a text ("0.5", "500m"), to the thousandth that Mesos knows.
 *
 * @throws a text that the schema refuses
 */
export function cores(quantity: number | string): number {
  const text = String(quantity);
  const value = text.endsWith("m") ? Number(text.slice(0, -1)) / 1000 : Number(text);
  if (!Number.isFinite(value)) throw new Error(`not a number of cores: ${text}`);
  return Math.round(value * 1000) / 1000;
}
