// `cargo xtask bench call`: calls between two Bellwire engines against calls between two Chromium processes,
// in turns, through one server. Prints tables and writes them to docs/benchmarks.md.
//
// BELLWIRE_CLI, BELLWIRE_SERVER (release builds), BELLWIRE_MEDIA, BELLWIRE_REPORT, BELLWIRE_ROOT: set by xtask.
// BELLWIRE_BENCH_CHROMIUM  default /usr/bin/chromium
// BELLWIRE_BENCH_RUNS      calls of each kind that count, default 5
// BELLWIRE_BENCH_PARTS     default answer,film,device
// BELLWIRE_BENCH_WINDOW    seconds a load is measured, default 15

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { Bellwire } from './bench/bellwire.mjs';
import { Chromium } from './bench/chromium.mjs';
import { onSignals, stopAll } from './bench/programs.mjs';
import { answerTable, bar, document, load, loadTable, surroundings } from './bench/report.mjs';
import { Stage } from './bench/stage.mjs';

const env = (name, otherwise) => {
  const value = process.env[name] ?? otherwise;
  if (value === undefined) throw new Error(`${name} is not set: run \`cargo xtask bench call\``);
  return value;
};

const plan = {
  runs: Number(env('BELLWIRE_BENCH_RUNS', '5')),
  parts: env('BELLWIRE_BENCH_PARTS', 'answer,film,device').split(','),
  window: Number(env('BELLWIRE_BENCH_WINDOW', '15')),
  settle: 6,
};

const discarded = [];

/** Takes turns until each contender has `runs` results, or too many were lost. */
async function inTurns(what, contenders, check, show) {
  const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  const chances = plan.runs + Math.max(2, Math.ceil(plan.runs / 2));
  for (let turn = 1; turn <= chances; turn += 1) {
    for (const [name, call] of Object.entries(contenders)) {
      if (results[name].length >= plan.runs) continue;
      try {
        const run = check(await call());
        results[name].push(run);
        console.log(`  ${what} ${name} ${results[name].length}/${plan.runs}: ${show(run)}`);
      } catch (error) {
        discarded.push(`${what}, ${name}, turn ${turn}: ${error.message.split('\n')[0]}`);
        console.log(`  ${what} ${name} does not count: ${error.message}`);
      }
    }
    if (Object.values(results).every((runs) => runs.length >= plan.runs)) return results;
  }
  discarded.push(`${what}: given up with fewer than ${plan.runs} calls that count`);
  process.exitCode = 1;
  return results;
}

const perSide = (run, text) => Object.entries(run).map(([side, figures]) => `${side} ${text(figures)}`).join('; ');
const times = (f) => `picture ${f.shown.toFixed(0)} ms, sound ${f.audio.toFixed(0)} ms`;
const used = (f) => `${f.cpu.toFixed(1)} %, ${f.mib.toFixed(0)} MiB, ${f.width} px, ${f.fpsIn.toFixed(1)} fps in, ${f.fpsOut.toFixed(1)} out, ${f.kbps.toFixed(0)} kbit/s`;

function countsAsAnswer(run) {
  for (const [side, f] of Object.entries(run)) {
    if (![f.shown, f.decoded, f.audio].every(Number.isFinite)) throw new Error(`${side}: a time is missing: ${JSON.stringify(f)}`);
  }
  return run;
}

function countsAsSteady(run) {
  for (const [side, f] of Object.entries(run)) {
    if (f.width !== 1280 || !/^h264$/i.test(f.codec) || f.fpsIn < 28 || f.fpsIn > 32) {
      throw new Error(`${side}: not 720p30 in H.264: ${f.codec}, ${used(f)}${f.limited ? `, limited by ${f.limited}` : ''}`);
    }
  }
  return run;
}

/** A browser that keeps up only without drawing still counts, without the figures for drawing. */
function countsForChromium(run) {
  countsAsSteady(run.hidden);
  try {
    countsAsSteady(run.drawn);
    return run;
  } catch (error) {
    discarded.push(`Chromium drawing, its other figures count: ${error.message}`);
    return { hidden: run.hidden };
  }
}

async function answerPart(stage, bellwire, chromium) {
  const warm = await chromium.warm();
  try {
    // One of each that does not count: the browsers' first call, and the programs into the page cache.
    await warm.answerTimes();
    await bellwire.answerTimes();
    const contenders = { bellwire: () => bellwire.answerTimes(), chromium: () => warm.answerTimes() };
    return await inTurns('answer', contenders, countsAsAnswer, (run) => perSide(run, times));
  } finally {
    await warm.close();
  }
}

function loadPart(source, bellwire, chromium) {
  const contenders = { bellwire: () => bellwire.load(source, plan), chromium: () => chromium.load(source, plan) };
  const check = (run) => (run.hidden ? countsForChromium(run) : countsAsSteady(run));
  return inTurns(source, contenders, check, (run) => perSide(run.hidden ?? run, used));
}

async function measure() {
  const began = new Date();
  const busy = [load()];
  const browser = env('BELLWIRE_BENCH_CHROMIUM', '/usr/bin/chromium');
  const [cli, root] = [env('BELLWIRE_CLI'), env('BELLWIRE_ROOT')];
  const stage = await Stage.open(env('BELLWIRE_SERVER'), join(env('BELLWIRE_MEDIA'), 'big-buck-bunny-720p25.mp4'));
  try {
    const [bellwire, chromium] = [new Bellwire(stage, cli), new Chromium(stage, browser)];
    const where = surroundings({ root, cli, chromium: browser });
    const report = env('BELLWIRE_REPORT');
    mkdirSync(dirname(report), { recursive: true });
    const answers = plan.parts.includes('answer') ? await answerPart(stage, bellwire, chromium) : null;
    const loads = {};
    // After each part: what is measured is not lost to what comes later.
    const write = () => writeFileSync(report, document({ where, answers, loads, discarded, plan, began, busy: [...busy, load()] }));
    write();
    if (answers) console.log(`\n${answerTable(answers)}\n\n${bar(answers)}\n`);
    for (const source of ['film', 'device']) {
      if (!plan.parts.includes(source)) continue;
      if (source === 'film' && !stage.film) {
        discarded.push('film: there is no ffmpeg to give both the same pictures');
        continue;
      }
      loads[source] = await loadPart(source, bellwire, chromium);
      write();
      console.log(`\n720p30 both ways, ${source}:\n\n${loadTable(loads[source])}\n`);
    }
    console.log(`written to ${report}`);
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
