/**
 * Starts a Slurm cluster of this one machine in a folder of its own (munged, slurmctld, slurmd), for the tests of `marco data run --executor slurm`
 * and for trying job arrays out. Needs Debian's `slurm-wlm` and `munge`, and root.
 *
 *     node scripts/start-slurm.mjs /tmp/slurm        prints the configuration's path when the node is idle, and serves until it is stopped
 *     SLURM_CONF=/tmp/slurm/slurm.conf squeue
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const directory = resolve(process.argv[2] ?? '/tmp/marco-slurm');
const configuration = join(directory, 'slurm.conf');
const socket = join(directory, 'munge.socket');
const children = [];

for (const name of ['state', 'spool']) mkdirSync(join(directory, name), { recursive: true });
writeFileSync(join(directory, 'munge.key'), randomBytes(128), { mode: 0o400 });
// Two clusters on one machine need ports of their own.
const port = 20_000 + (process.pid % 20_000);
writeFileSync(
  configuration,
  `ClusterName=marco
SlurmctldHost=${hostname()}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=${socket}
SlurmUser=root
SlurmdUser=root
SlurmctldPort=${port}
SlurmdPort=${port + 1}
StateSaveLocation=${join(directory, 'state')}
SlurmdSpoolDir=${join(directory, 'spool')}
SlurmctldPidFile=${join(directory, 'slurmctld.pid')}
SlurmdPidFile=${join(directory, 'slurmd.pid')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1
SlurmdParameters=config_overrides
JobRequeue=1
ReturnToService=2
KillWait=2
MailProg=/bin/true
NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=${Math.max(2, availableParallelism())} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
);

start('munged', [
  '--foreground',
  '--force',
  `--socket=${socket}`,
  `--key-file=${join(directory, 'munge.key')}`,
  `--pid-file=${join(directory, 'munged.pid')}`,
  `--seed-file=${join(directory, 'munged.seed')}`,
  `--log-file=${join(directory, 'munged.log')}`,
]);
await until('munged', () => spawnSync('munge', ['--no-input', `--socket=${socket}`]).status === 0);
start('slurmctld', ['-D', '-i', '-f', configuration]);
start('slurmd', ['-D', '-f', configuration]);
await until('slurmd', () => slurm('sinfo', ['--noheader', '--format=%t']).stdout?.trim() === 'idle');
console.log(configuration);

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(0));

/** munged lies in /usr/sbin, which is not in everyone's PATH. */
function environment() {
  return { ...process.env, SLURM_CONF: configuration, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
}

function slurm(program, args) {
  return spawnSync(program, args, { env: environment(), encoding: 'utf8' });
}

function start(program, args) {
  const log = openSync(join(directory, `${program}.out`), 'a');
  const child = spawn(program, args, { env: environment(), stdio: ['ignore', log, log] });
  child.on('error', (error) => fail(`${program} could not be started: ${error.message}`));
  child.on('exit', (code) => fail(`${program} ended with ${code}`));
  children.push(child);
}

async function until(program, isReady) {
  for (let attempt = 0; attempt < 150; attempt++) {
    if (isReady()) return;
    await setTimeout(100);
  }
  fail(`${program} was not ready within 15 s`);
}

function fail(reason) {
  const [program] = reason.split(' ');
  let log = '';
  try {
    log = readFileSync(join(directory, `${program}.out`), 'utf8').slice(-2000);
  } catch {}
  console.error(`start-slurm: ${reason}\n${log}`);
  stop(1);
}

/** slurmd first, munged last; the folder can be removed when this ends. */
async function stop(code) {
  for (const child of children.reverse()) {
    child.removeAllListeners('exit');
    if (child.exitCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  process.exit(code);
}
