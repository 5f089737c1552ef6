/**
 * A learning rate as a pure function of the step, and the checks every schedule shares.
 *
 * Units: `step` counts optimizer steps already taken, so the first step of a run reads `schedule(0)`.
 */

/** Learning rate of the step that follows `step` completed steps. */
export type Schedule = (step: number) => number;

/** How the rate falls from 1 to 0 as progress goes from 0 to 1. */
export type DecayShape = 'cosine' | 'linear' | '1-sqrt';

/**
 * @param progress share of the decay that has passed; clamped to [0, 1]
 * @returns factor in [0, 1]
 */
export function decayFactor(shape: DecayShape, progress: number): number {
  const p = Math.min(1, Math.max(0, progress));
  if (shape === 'cosine') return 0.5 * (1 + Math.cos(Math.PI * p));
  if (shape === 'linear') return 1 - p;
  return 1 - Math.sqrt(p);
}

/** @throws Error unless every value is a finite number that is not negative */
export function requireNonNegative(name: string, values: Readonly<Record<string, number>>): void {
  for (const [field, value] of Object.entries(values)) {
    if (!Number.isFinite(value) || value < 0) {
      throw new Error(
        `[@marco-ts/trainer] ${name}: ${field} must be a finite number >= 0, got ${value}. Correct it in the recipe.`,
      );
    }
  }
}

/** @throws Error unless every value is an integer that is not negative */
export function requireStepCounts(name: string, values: Readonly<Record<string, number>>): void {
  for (const [field, value] of Object.entries(values)) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new Error(
        `[@marco-ts/trainer] ${name}: ${field} must be a whole number of steps >= 0, got ${value}. Correct it in the recipe.`,
      );
    }
  }
}

/** @throws Error when the warm-up is longer than the whole run */
export function requireWarmupWithin(name: string, warmupSteps: number, numSteps: number): void {
  if (warmupSteps > numSteps) {
    throw new Error(
      `[@marco-ts/trainer] ${name}: warmupSteps must not exceed numSteps ${numSteps}, got ${warmupSteps}. Shorten the warm-up or train longer.`,
    );
  }
}
