// From results to tables, and from tables to docs/benchmarks.md. Measures nothing.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, getPriority, loadavg, totalmem } from 'node:os';

import { median, ratio, spread, table } from './figures.mjs';

const SIDES = { caller: 'caller (seller)', callee: 'callee (customer)' };

const values = (runs, side, key) => runs.map((run) => run[side][key]).filter((value) => value !== undefined);

/** `answers` and each of `loads` are `{ bellwire: [run…], chromium: [run…] }`, runs that count only. */
export function answerTable({ bellwire, chromium }) {
  const rows = [];
  for (const [side, name] of Object.entries(SIDES)) {
    for (const [what, key, theirs] of [
      ['first picture, shown', 'shown', 'shown'],
      ['first picture, Chromium only until decoded', 'shown', 'decoded'],
      ['first sound', 'audio', 'audio'],
    ]) {
      const [a, b] = [values(bellwire, side, key), values(chromium, side, theirs)];
      rows.push([name, what, spread(a), spread(b), ratio(a, b)]);
    }
  }
  return table(['side', 'from the answer to', 'Bellwire, ms', 'Chromium, ms', 'ratio'], rows);
}

const LOAD = [['CPU, % of a core', 'cpu', 1], ['memory (PSS), MiB', 'mib', 0]];
const SEEN = [['fps received', 'fpsIn', 1], ['fps sent', 'fpsOut', 1], ['video received, kbit/s', 'kbps', 0], ['freezes', 'freezes', 0]];

export function loadTable({ bellwire, chromium }) {
  const [hidden, drawn] = ['hidden', 'drawn'].map((kind) => chromium.filter((run) => run[kind]).map((run) => run[kind]));
  const rows = [];
  for (const [side, name] of Object.entries(SIDES)) {
    for (const [what, key, digits] of [...LOAD, ...SEEN]) {
      const [a, b, c] = [bellwire, hidden, drawn].map((runs) => values(runs, side, key));
      const compared = LOAD.some(([, own]) => own === key);
      rows.push([name, what, spread(a, digits), spread(b, digits), compared ? ratio(a, b) : '', spread(c, digits), compared ? ratio(a, c) : '']);
    }
  }
  return table(['side', 'what', 'Bellwire', 'Chromium, pictures hidden', 'ratio', 'Chromium, pictures drawn', 'ratio'], rows);
}

/** Whether the first picture is there no later than Chromium's, at both sides. */
export function bar({ bellwire, chromium }) {
  if (bellwire.length === 0 || chromium.length === 0) return 'Bar: not measured.';
  const sides = Object.keys(SIDES).map((side) => median(values(bellwire, side, 'shown')) / median(values(chromium, side, 'shown')));
  const met = sides.every((value) => value <= 1);
  return `Bar: answer to first remote picture at most 1.00x Chromium at both sides: **${met ? 'met' : 'missed'}** (${sides.map((v) => `${v.toFixed(2)}x`).join(', ')}).`;
}

const asked = (command, args) => {
  try { return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(); } catch { return 'unknown'; }
};

export function surroundings({ root, cli, chromium }) {
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  const changed = asked('git', ['-C', root, 'status', '--porcelain', '--untracked-files=no', '--', 'crates']);
  return {
    machine: `${cpus().length} x ${cpus()[0].model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${system}, Linux ${asked('uname', ['-r'])}`,
    bellwire: `${asked(cli, ['--version'])}, commit ${asked('git', ['-C', root, 'rev-parse', '--short', 'HEAD'])}${changed ? ' with changes' : ''}, release build`,
    chromium: asked(chromium, ['--version']),
    node: process.version,
  };
}

export const load = () => loadavg()[0].toFixed(1);

/** When, where and with what was measured, as a table. */
export const setting = ({ where, began, busy }) => `| | |
| --- | --- |
| date | ${began.toISOString().slice(0, 16).replace('T', ' ')} UTC |
| machine | ${where.machine} |
| Bellwire | ${where.bellwire} |
| Chromium | ${where.chromium}, headless, software rendering |
| Node.js | ${where.node} |
| load average (1 min) before, after | ${busy.join(', ')}; all of this ran at nice ${getPriority()} |`;

export function document({ where, answers, loads, discarded, plan, began, busy }) {
  const parts = [`# Benchmarks

Written by \`cargo xtask bench call\`; do not edit, run it again.

${setting({ where, began, busy })}

Cells are medians with the least and the most in brackets. Ratios are Bellwire to Chromium, below 1 is better. Both
kinds of call go through the same bellwire-server in the same run, over loopback, and take turns, so that whatever else
the machine does falls on both. The seller calls, the customer answers at once; H.264 both ways.`];

  if (answers) parts.push(`## From the answer to picture and sound (${answers.bellwire.length} and ${answers.chromium.length} calls)

${answerTable(answers)}

${bar(answers)}

- The answer: at the callee the moment the call is accepted, at the caller the moment it first hears of that.
- First picture, shown: Bellwire when the first decoded picture is handed to its view (without a window: the path to
  the screen is not in it); Chromium when \`requestVideoFrameCallback\` runs. As this includes up to one frame of Chromium's
  compositor, the second line compares with the moment Chromium's decoder was done (receive time and processing time
  of that callback), which is stricter than the bar.
- First sound: Bellwire when the first 10 ms with decoded remote sound are handed to playout (not checked for loudness; the tone is in
  them but for Opus's look-ahead of 6.5 ms); Chromium when an \`AnalyserNode\` on the remote track has a sample above -60 dBFS, looked at every 4 ms.
  Both send the same 440 Hz tone from the start.
- Chromium at its best: browsers warm from an earlier call, camera, microphone and \`AudioContext\` open before the call at
  both sides, the offer made at once on \`userJoinedCall\` (the deployed page waits a second), early candidates kept (the
  deployed page drops them), no ICE servers. Bellwire
  has its default bit rates, starts two fresh processes for each call, opens the callee's devices on the answer and fetches ICE servers.`);

  const names = {
    film: ['Same film', `Input: the sample film at 30 fps (every frame kept, run faster) and a 440 Hz tone at both. Bellwire decodes the film from an
H.264 file meanwhile, which is in its figures; Chromium reads the same frames uncompressed.`],
    device: ['Test pictures', `Input: Bellwire's \`test:pattern\`, Chromium's fake camera at 30 fps, and a 440 Hz tone at both. The pictures differ, so do the
bit rates.`],
  };
  for (const [source, results] of Object.entries(loads)) {
    const [title, text] = names[source];
    parts.push(`## A call at 720p30 both ways: ${title.toLowerCase()} (${results.bellwire.length} and ${results.chromium.length} calls)

${loadTable(results)}

${text}`);
  }
  if (Object.keys(loads).length === 0) parts.push('## A call at 720p30 both ways\n\nNot measured in this run.');
  else parts.push(`- CPU: user and system time of all processes of one side over ${plan.window} s of a steady call, ${plan.settle} s after it connected. Memory: sum of
  their proportional set sizes at the end. The two sides of a call share pages of the same program, so one alone takes more.
- Video is limited to 2 Mbit/s at both. A call counts only if both sides receive 1280 pixels in width and 28 to 32 fps in H.264.
- Bellwire is the engine without a window: nothing is drawn. The fair comparison is Chromium with both \`<video>\` elements
  hidden, in the same call; drawn, it has no GPU here and does more than it would on a desktop. A window of ours costs extra.`);

  parts.push(discarded.length ? `## Calls that do not count\n\n${discarded.map((line) => `- ${line}`).join('\n')}` : 'Every call counted.');
  return `${parts.join('\n\n')}\n`;
}
