import { expect, test } from 'vitest';
import { compileCommand } from './compile-command.ts';

const file = (path: string) => ({ path, sizeBytes: 1, modifiedMs: 1 });
const OPTIONS = {
  compiler: 'g++',
  packageDirectory: '/build/tfjs-node',
  nodeHeadersDirectory: '/build/headers',
  libtensorflow: {
    includeDirectory: '/venv/a,b/include',
    libraryDirectory: '/venv/a,b',
    libraries: [file('/venv/a,b/libtensorflow_cc.so.2'), file('/venv/a,b/libtensorflow_framework.so.2')],
  },
};

test('on Linux', () => {
  expect(compileCommand({ ...OPTIONS, platform: 'linux' })).toEqual({
    command: 'g++',
    args: [
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-I/build/headers', '-I/venv/a,b/include'],
      ...['/build/tfjs-node/binding/tfjs_backend.cc', '/build/tfjs-node/binding/tfjs_binding.cc'],
      ...['/venv/a,b/libtensorflow_cc.so.2', '/venv/a,b/libtensorflow_framework.so.2'],
      ...['-Xlinker', '-rpath', '-Xlinker', '/venv/a,b', '-Xlinker', '-z', '-Xlinker', 'now'],
      ...['-o', '/build/tfjs-node/lib/napi-v8/tfjs_binding.node'],
    ],
  });
});

test('on macOS Node itself gives the symbols of its interface', () => {
  const { args } = compileCommand({ ...OPTIONS, platform: 'darwin' });
  expect(args.join(' ')).toContain('-bundle -undefined dynamic_lookup');
  expect(args).not.toContain('-shared');
  expect(args).not.toContain('now');
  expect(args.join(' ')).toContain('-Xlinker -rpath -Xlinker /venv/a,b');
});
