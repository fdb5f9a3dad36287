// `cargo xtask bench profile`: where the processor time of a call between two Bellwire engines goes, by thread and,
// where `perf` is installed, by function. Prints tables; docs/profile.md has those of a date.
//
// BELLWIRE_CLI, BELLWIRE_SERVER (release builds), BELLWIRE_MEDIA, BELLWIRE_ROOT: set by xtask.
// BELLWIRE_BENCH_SOURCE   film (default) or device, the test pattern
// BELLWIRE_BENCH_FILM     where there is no ffmpeg to make one of 30 frames a second; default the demo's, of 25
// BELLWIRE_BENCH_WINDOW   seconds a load is measured, default 15

import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { Bellwire } from './bench/bellwire.mjs';
import { table } from './bench/figures.mjs';
import { Program, onSignals, stopAll } from './bench/programs.mjs';
import { load } from './bench/report.mjs';
import { Stage } from './bench/stage.mjs';
import { threadMeter } from './bench/tree.mjs';

const TOP_FUNCTIONS = 25;

const env = (name, otherwise) => {
  const value = process.env[name] ?? otherwise;
  if (value === undefined) throw new Error(`${name} is not set: run \`cargo xtask bench profile\``);
  return value;
};
const window = Number(env('BELLWIRE_BENCH_WINDOW', '15'));
const percent = (value) => (value ?? 0).toFixed(1);

function threadTable({ caller, callee }) {
  const names = [...new Set([...Object.keys(caller), ...Object.keys(callee)])]
    .filter((name) => Math.max(caller[name] ?? 0, callee[name] ?? 0) >= 0.1)
    .sort((a, b) => (caller[b] ?? 0) - (caller[a] ?? 0));
  const all = (side) => Object.values(side).reduce((sum, value) => sum + value, 0);
  const rows = names.map((name) => [`\`${name}\``, percent(caller[name]), percent(callee[name])]);
  return table(['thread', 'caller, % of a core', 'callee'], [...rows, ['all', percent(all(caller)), percent(all(callee))]]);
}

/** The functions most often at work in the caller, in % of its samples; null where perf does not work. */
async function functionTable(pid, file, seconds) {
  const perf = new Program('perf', 'perf', ['record', '-q', '-F', '499', '-o', file, '-p', String(pid), '--', 'sleep', String(seconds)]);
  await perf.ended;
  const report = spawnSync('perf', ['report', '-i', file, '--stdio', '-q', '-w', '20,90', '--sort', 'comm,symbol'], { encoding: 'utf8' });
  if (report.status !== 0) return null;
  const rows = report.stdout.split('\n').map((line) => /^\s*([\d.]+)%\s+(\S+)\s+\[(.)\]\s+(.*?)(\s+-)*\s*$/.exec(line)).filter(Boolean);
  return table(['% of the caller', 'thread', 'function'], rows.slice(0, TOP_FUNCTIONS)
    .map(([, share, thread, place, name]) => [share, `\`${thread}\``, `\`${name}\`${place === 'k' ? ' (kernel)' : ''}`]));
}

async function measure() {
  const film = join(env('BELLWIRE_MEDIA'), 'big-buck-bunny-720p25.mp4');
  const source = env('BELLWIRE_BENCH_SOURCE', 'film');
  const stage = await Stage.open(env('BELLWIRE_SERVER'), film);
  try {
    // Without ffmpeg the film runs as it is, at 25 frames a second.
    stage.film ??= { packed: process.env.BELLWIRE_BENCH_FILM ?? film };
    const before = load();
    const seen = {};
    const watch = async ({ caller, callee }) => {
      const meters = { caller: threadMeter(caller.pid), callee: threadMeter(callee.pid) };
      // The time of the threads first: sampling costs them some.
      await new Promise((over) => { setTimeout(over, (window * 1000) / 2); });
      seen.threads = { caller: meters.caller(), callee: meters.callee() };
      seen.functions = await functionTable(caller.pid, join(stage.scratch, 'perf.data'), Math.floor(window / 2) - 1);
    };
    const sides = await new Bellwire(stage, env('BELLWIRE_CLI')).load(source, { settle: 12, window }, watch);
    const commit = execFileSync('git', ['-C', env('BELLWIRE_ROOT'), 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
    console.log(`\n${source}, commit ${commit}, load average ${before} before, ${load()} after`);
    for (const [side, f] of Object.entries(sides)) {
      console.log(`${side}: ${f.width} pixels wide, ${f.fpsIn.toFixed(1)} frames/s in, ${f.fpsOut.toFixed(1)} out, ${f.kbps.toFixed(0)} kbit/s, ${f.mib.toFixed(0)} MiB (PSS)`);
    }
    console.log(`\n${threadTable(seen.threads)}\n\n${seen.functions ?? 'perf does not work here.'}\n`);
  } finally {
    await stage.close();
  }
}

onSignals(stopAll);
try {
  await measure();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await stopAll();
}
