/**
 * File names that come from a file or a caller and are joined to a directory: one plain name, so that no path leads elsewhere.
 */

/** Why `name` cannot be the name of a file in a directory, or null when it can. */
export function fileNameFault(name: unknown): string | null {
  if (typeof name !== 'string') return 'no string';
  if (name === '' || name === '.' || name === '..') return 'no file name';
  if (/[/\\]/.test(name)) return 'a path that leads to another directory';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f<>:"|?*]/.test(name)) return 'a character that file names cannot hold everywhere';
  if (name.length > 200) return 'more than 200 characters';
  return null;
}
