/**
 * Logarithm, sine and cosine made of additions, products, quotients and square roots alone. IEEE 754 fixes the result of those to
 * the last bit, while it leaves `Math.log` and `Math.cos` to each engine: these give the same numbers in every browser and Node.
 *
 * Source: the inverse hyperbolic tangent series for the logarithm, Taylor series for sine and cosine.
 */
const words = new DataView(new ArrayBuffer(8));

/** @param x positive, normal (not below 2.3e-308) @returns the natural logarithm, to about 1e-16 relative */
export function exactLog(x: number): number {
  words.setFloat64(0, x);
  const high = words.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  words.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  let mantissa = words.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let power = 23; power >= 1; power -= 2) sum = sum * square + 1 / power;
  return exponent * Math.LN2 + 2 * s * sum;
}

/** @param turn in [0, 1) @returns the cosine and the sine of `turn` whole turns */
export function exactCosSin(turn: number): [cos: number, sin: number] {
  const quarter = Math.floor(turn * 4 + 0.5);
  const angle = (turn - quarter / 4) * 2 * Math.PI;
  const square = angle * angle;
  let cos = 1;
  let sin = 1;
  for (let n = 20; n >= 2; n -= 2) cos = 1 - (cos * square) / (n * (n - 1));
  for (let n = 21; n >= 3; n -= 2) sin = 1 - (sin * square) / (n * (n - 1));
  sin *= angle;
  switch (quarter % 4) {
    case 0:
      return [cos, sin];
    case 1:
      return [-sin, cos];
    case 2:
      return [-cos, -sin];
    default:
      return [sin, -cos];
  }
}
