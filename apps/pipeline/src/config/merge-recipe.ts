/**
 * Lays overrides over a base: sections merge key by key, everything else (numbers, texts, lists) replaces.
 */

/**
 * @param override a key set to null takes the base's key away; a section with another `kind` replaces the base's section whole
 * @returns a new value; neither argument is changed
 */
export function mergeRecipe(base: unknown, override: unknown): unknown {
  if (!isSection(base) || !isSection(override)) return override;
  if ('kind' in override && 'kind' in base && override.kind !== base.kind) return override;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(override)) {
    if (value === null) delete merged[key];
    else merged[key] = key in base ? mergeRecipe(base[key], value) : value;
  }
  return merged;
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
