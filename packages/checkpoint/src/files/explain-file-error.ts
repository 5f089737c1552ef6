/**
 * Turns an operating-system error into one that names the path, the trouble in words and the next step.
 */

interface Explanation {
  readonly trouble: string;
  readonly nextStep: string;
}

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ENOSPC: {
    trouble: 'no space is left on the disk',
    nextStep: 'Free some space or choose a directory on another disk, then run the same command again.',
  },
  EDQUOT: { trouble: 'the disk quota is used up', nextStep: 'Free some space or choose another directory.' },
  EFBIG: {
    trouble: 'the file is larger than this file system or process limit allows',
    nextStep: 'Use smaller shards.',
  },
  EACCES: {
    trouble: 'this user has no permission',
    nextStep: 'Change the permissions (chmod, chown) or choose another directory.',
  },
  EPERM: {
    trouble: 'the operation is not permitted to this user',
    nextStep: 'Change the permissions (chmod, chown) or choose another directory.',
  },
  EROFS: { trouble: 'the file system is read-only', nextStep: 'Choose a directory on a writable disk.' },
  ENOENT: { trouble: 'it does not exist', nextStep: 'Check the path.' },
  ENOTDIR: { trouble: 'a part of the path is a file, not a directory', nextStep: 'Check the path.' },
  EISDIR: { trouble: 'it is a directory, not a file', nextStep: 'Name a file.' },
  EEXIST: { trouble: 'it exists already', nextStep: 'Choose another path.' },
  ENAMETOOLONG: { trouble: 'the name is too long for the file system', nextStep: 'Choose a shorter path.' },
  EMFILE: { trouble: 'this process has too many files open', nextStep: 'Raise the limit (ulimit -n).' },
  EIO: { trouble: 'the disk reports an input/output error', nextStep: 'Check the disk.' },
};

/** The code of a Node.js system error (`ENOSPC`, `EACCES`, ...), or undefined for any other error. */
export function fileErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/**
 * @param functionName the public function that failed
 * @param action what it tried, as a verb: `read`, `write`, `rename`
 * @returns an error with the same `code` and the original as `cause`; an error that is no system error comes back unchanged
 */
export function explainFileError(functionName: string, action: string, path: string, error: unknown): Error {
  const code = fileErrorCode(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  if ((error as Error).message.startsWith('[@marco-ts/')) return error as Error;
  const { trouble, nextStep } = EXPLANATIONS[code] ?? { trouble: (error as Error).message, nextStep: '' };
  const message = `[@marco-ts/checkpoint] ${functionName}: cannot ${action}, ${trouble} (${code}) at ${path}. ${nextStep}`;
  return Object.assign(new Error(message.trimEnd(), { cause: error }), { code, path });
}
