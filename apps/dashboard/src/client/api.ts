/** Asks the server that the page came from. */

/** @returns undefined where the server says that there is none */
export async function ask<Answer>(
  path: readonly string[],
  query: Readonly<Record<string, string | number | undefined>> = {},
  signal?: AbortSignal,
): Promise<Answer | undefined> {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  const search = parameters.size === 0 ? '' : `?${parameters}`;
  const response = await fetch(
    `/api/${path.map(encodeURIComponent).join('/')}${search}`,
    signal === undefined ? {} : { signal },
  );
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(((await response.json()) as { error?: string }).error ?? response.statusText);
  return (await response.json()) as Answer;
}
