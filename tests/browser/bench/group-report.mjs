// From results of calls of several to docs/benchmarks-group.md and its plot. Measures nothing.

import { median, ratio, spread, table } from './figures.mjs';
import { setting } from './report.mjs';

const ROWS = [['CPU, % of a core', 'cpu', 1, true], ['memory (PSS), MiB', 'mib', 0, true], ['encodes per captured frame', 'encodes', 2, false],
  ['upload, kbit/s', 'upload', 0, false], ['slowest picture received, fps', 'fpsIn', 1, false]];
const COLOURS = { bellwire: '#1f6feb', chromium: '#d9730d' };
const NAMES = { bellwire: 'Bellwire', chromium: 'Chromium' };
const [BAR_CPU, BAR_MEMORY, BAR_ENCODES] = [0.5, 0.35, 3];

const values = (runs, key) => runs.map((run) => run[key]);

function verdict(results) {
  const largest = Math.max(...Object.keys(results).map(Number));
  const { bellwire, chromium } = results[largest];
  if (bellwire.length === 0 || chromium.length === 0) return `Bars at ${largest} people: not measured.`;
  const share = (key) => median(values(bellwire, key)) / median(values(chromium, key));
  const encodes = Math.max(...Object.values(results).flatMap((size) => values(size.bellwire, 'encodes')));
  const say = (met) => (met ? 'met' : '**missed**');
  return `Bars at ${largest} people: CPU at most ${BAR_CPU}x Chromium's: ${say(share('cpu') <= BAR_CPU)} (${share('cpu').toFixed(2)}x); memory at most ${BAR_MEMORY}x:
${say(share('mib') <= BAR_MEMORY)} (${share('mib').toFixed(2)}x). At any size at most ${BAR_ENCODES} encodes of a captured frame: ${say(encodes <= BAR_ENCODES + 0.05)} (${encodes.toFixed(2)}).`;
}

export function document({ where, results, discarded, plan, began, busy }) {
  const rows = Object.entries(results).flatMap(([size, { bellwire, chromium }]) => ROWS.map(([what, key, digits, compared]) => {
    const [a, b] = [values(bellwire, key), values(chromium, key)];
    return [size, what, spread(a, digits), spread(b, digits), compared ? ratio(a, b) : ''];
  }));
  const { width, height, fps, kbps } = plan.picture;
  return `# Calls of several: benchmark

Written by \`cargo xtask bench group\`; do not edit, run it again.

${setting({ where, began, busy })}

One client in a call on \`hearth\`: Bellwire, and in turns a page in Chromium with a connection and an encoder for each of the
others, as web clients of that backend have. The others are robots of ours in both. Everybody sends the same film of
${width}x${height} at ${fps} frames a second, at most ${kbps} kbit/s to each, and a tone: small pictures, since all of it runs on this one
machine. Cells are medians with the least and the most in brackets over ${plan.runs} calls; ${plan.window} s of each are measured, ${plan.settle} s after
everybody is connected. Ratios are Bellwire to Chromium, below 1 is better.

![CPU of one client by the number of people](images/bench-group.svg)

${table(['people', 'what', 'Bellwire', 'Chromium', 'ratio'], rows)}

${verdict(results)}

- CPU is user and system time of all processes of the client, memory the sum of their proportional set sizes at the end.
- Bellwire has no window and draws nothing; Chromium draws small \`<video>\` elements without a GPU.
- Upload is what leaves towards all members, RTP headers included for Bellwire, payload alone for Chromium.

${discarded.length ? `## Calls that do not count\n\n${discarded.map((line) => `- ${line}`).join('\n')}` : 'Every call counted.'}
`;
}

/** CPU of one client over the number of people, as a small SVG. */
export function plot(results) {
  const [width, height, left, bottom, top] = [720, 300, 56, 36, 24];
  const sizes = Object.keys(results).map(Number);
  const points = Object.fromEntries(Object.keys(NAMES).map((kind) => [kind, sizes.filter((size) => results[size][kind].length)
    .map((size) => [size, median(values(results[size][kind], 'cpu'))])]));
  const highest = Math.max(10, ...Object.values(points).flat().map(([, cpu]) => cpu));
  const step = [5, 10, 20, 25, 50, 100].find((round) => round * 6 >= highest) ?? 200;
  const most = Math.ceil(highest / step) * step;
  const [first, last] = [Math.min(...sizes), Math.max(...sizes, Math.min(...sizes) + 1)];
  const x = (size) => left + ((size - first) / (last - first)) * (width - left - 24);
  const y = (cpu) => height - bottom - (cpu / most) * (height - bottom - top);
  const lines = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 300" font-family="sans-serif" font-size="11" fill="#888">'];
  for (let cpu = 0; cpu <= most; cpu += step) {
    lines.push(`<line x1="${left}" x2="${width - 12}" y1="${y(cpu).toFixed(1)}" y2="${y(cpu).toFixed(1)}" stroke="#888" stroke-opacity="0.25"/>`);
    lines.push(`<text x="${left - 6}" y="${(y(cpu) + 4).toFixed(1)}" text-anchor="end">${cpu.toFixed(0)}</text>`);
  }
  for (const size of sizes) lines.push(`<text x="${x(size).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${size}</text>`);
  lines.push(`<text x="${left}" y="14">CPU, % of a core</text><text x="${width - 12}" y="${height - 4}" text-anchor="end">people in the call</text>`);
  Object.entries(points).forEach(([kind, list], place) => {
    const path = list.map(([size, cpu]) => `${x(size).toFixed(1)},${y(cpu).toFixed(1)}`).join(' ');
    lines.push(`<polyline points="${path}" fill="none" stroke="${COLOURS[kind]}" stroke-width="2"/>`);
    for (const [size, cpu] of list) lines.push(`<circle cx="${x(size).toFixed(1)}" cy="${y(cpu).toFixed(1)}" r="3" fill="${COLOURS[kind]}"/>`);
    lines.push(`<text x="${left + 140 + 90 * place}" y="14" fill="${COLOURS[kind]}">${NAMES[kind]}</text>`);
  });
  return `${lines.join('\n')}\n</svg>\n`;
}
