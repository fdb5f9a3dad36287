// Programs a measurement starts: each is the head of its own process group, and none outlives us.

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set();

/** A program whose output is read line by line. */
export class Program {
  constructor(name, command, args, env = {}) {
    this.name = name;
    this.lines = [];
    this.complaints = [];
    this.watchers = new Set();
    this.exit = null;
    this.child = spawn(command, args, {
      detached: true, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => this.#over(String(error.message), resolve));
      this.child.once('close', (code, signal) => this.#over(code ?? signal, resolve));
    });
    eachLine(this.child.stdout, (line) => this.#heard(this.lines, line));
    eachLine(this.child.stderr, (line) => this.#heard(this.complaints, line));
  }

  get pid() { return this.child.pid; }

  #heard(list, line) {
    list.push(line);
    if (list === this.complaints && list.length > 200) list.shift();
    this.#wake();
  }

  #over(exit, resolve) {
    this.exit = exit;
    running.delete(this);
    this.#wake();
    resolve(exit);
  }

  #wake() { for (const watcher of [...this.watchers]) watcher(); }

  /** What `look` returns as soon as that is not null or undefined. An end before is an error. */
  until(what, look, patience = 60_000) {
    return new Promise((resolve, reject) => {
      const settle = (act, value) => { clearTimeout(timer); this.watchers.delete(check); act(value); };
      const check = () => {
        let found;
        try { found = look(this); } catch (error) { settle(reject, error); return; }
        if (found !== null && found !== undefined) settle(resolve, found);
        else if (this.exit !== null) settle(reject, this.#error(`ended (${this.exit}) before ${what}`));
      };
      const timer = setTimeout(() => settle(reject, this.#error(`${what} did not come in ${patience / 1000} s`)), patience);
      this.watchers.add(check);
      check();
    });
  }

  #error(what) {
    const said = [...this.lines.slice(-3), ...this.complaints.slice(-5)].join('\n  ');
    return new Error(`${this.name}: ${what}\n  ${said}`);
  }

  signal(name) {
    try { process.kill(-this.pid, name); } catch { /* gone already */ }
  }

  /** Asks it to end, then makes it. The rest of its group goes in any case. */
  async stop(ask = 'SIGTERM') {
    if (this.exit === null && this.pid) {
      this.signal(ask);
      await Promise.race([this.ended, sleep(5000, null, { ref: false })]);
    }
    if (this.pid) this.signal('SIGKILL');
    if (this.exit === null) await Promise.race([this.ended, sleep(5000, null, { ref: false })]);
  }
}

/** Ends whatever still runs. */
export async function stopAll() {
  await Promise.all([...running].map((program) => program.stop()));
}

/** Runs `clean` once on a signal, then leaves as a signalled program does. */
export function onSignals(clean) {
  let asked = false;
  for (const [name, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) {
    process.on(name, () => {
      if (asked) return;
      asked = true;
      clean().finally(() => process.exit(code));
    });
  }
  process.on('exit', () => { for (const program of running) program.signal('SIGKILL'); });
}

function eachLine(stream, hear) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    parts.forEach(hear);
  });
}
