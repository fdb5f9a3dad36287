// `cargo xtask bench group`: one client in calls of 2 to 8 people, Bellwire beside Chromium, the others being robots of
// ours in both. Prints a table and writes docs/benchmarks-group.md with a plot.
//
// BELLWIRE_CLI, BELLWIRE_SERVER (release builds), BELLWIRE_MEDIA, BELLWIRE_REPORT, BELLWIRE_ROOT: set by xtask.
// BELLWIRE_BENCH_CHROMIUM  default /usr/bin/chromium
// BELLWIRE_BENCH_RUNS      calls of each kind that count, default 3
// BELLWIRE_BENCH_SIZES     people in the call, default 2,3,4,6,8
// BELLWIRE_BENCH_WINDOW    seconds a load is measured, default 15

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Group } from './bench/group.mjs';
import { document, plot } from './bench/group-report.mjs';
import { onSignals, stopAll } from './bench/programs.mjs';
import { load, surroundings } from './bench/report.mjs';
import { Stage } from './bench/stage.mjs';

const env = (name, otherwise) => {
  const value = process.env[name] ?? otherwise;
  if (value === undefined) throw new Error(`${name} is not set: run \`cargo xtask bench group\``);
  return value;
};

const plan = {
  runs: Number(env('BELLWIRE_BENCH_RUNS', '3')),
  sizes: env('BELLWIRE_BENCH_SIZES', '2,3,4,6,8').split(',').map(Number),
  window: Number(env('BELLWIRE_BENCH_WINDOW', '15')),
  settle: 8,
  // Small pictures: eight people on one machine of two cores.
  picture: { width: 320, height: 180, fps: 10, kbps: 100 },
};

async function measure() {
  const began = new Date();
  const busy = [load()];
  const browser = env('BELLWIRE_BENCH_CHROMIUM', '/usr/bin/chromium');
  const [cli, root, report] = [env('BELLWIRE_CLI'), env('BELLWIRE_ROOT'), env('BELLWIRE_REPORT')];
  const film = join(env('BELLWIRE_MEDIA'), 'big-buck-bunny-720p25.mp4');
  const stage = await Stage.open(env('BELLWIRE_SERVER'), film, { backend: 'hearth', picture: plan.picture });
  const discarded = [];
  try {
    if (!stage.film) throw new Error('the same film for both needs ffmpeg');
    const group = new Group(stage, { cli, browser, plan });
    const results = {};
    for (const size of plan.sizes) {
      results[size] = { bellwire: [], chromium: [] };
      for (let turn = 1; turn <= plan.runs + 2; turn += 1) {
        for (const kind of ['bellwire', 'chromium']) {
          if (results[size][kind].length >= plan.runs) continue;
          try {
            const run = await group.run(kind, size);
            results[size][kind].push(run);
            console.log(`  ${size} people, ${kind}: ${run.cpu.toFixed(1)} % CPU, ${run.mib.toFixed(0)} MiB, ${run.encodes.toFixed(2)} encodes a frame, ${run.upload.toFixed(0)} kbit/s up, ${run.fpsIn.toFixed(1)} fps in`);
          } catch (error) {
            discarded.push(`${size} people, ${kind}, turn ${turn}: ${error.message.split('\n')[0]}`);
            console.log(`  ${size} people, ${kind} does not count: ${error.message}`);
          }
        }
      }
    }
    busy.push(load());
    mkdirSync(dirname(report), { recursive: true });
    const where = surroundings({ root, cli, chromium: browser });
    writeFileSync(report, document({ where, results, discarded, plan, began, busy }));
    writeFileSync(join(dirname(report), 'images', 'bench-group.svg'), plot(results));
    console.log(`  written to ${report}`);
  } finally {
    await stage.close();
  }
}

onSignals(stopAll);
await measure().finally(stopAll);
