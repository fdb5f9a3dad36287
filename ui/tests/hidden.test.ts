// What a window that cannot be seen still does: nothing for the screen.

import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { fakeHost } from '../src/host/fake';
import { i420Size } from '../src/host/frames';
import { SELF, streamOf, type Frame, type Host } from '../src/host/host';
import { Session } from '../src/model/session.svelte';
import { whileOnScreen } from '../src/model/visibility';
import { Screening } from '../src/video/screening.svelte';

const REMOTE = streamOf(1);
let visible: DocumentVisibilityState = 'visible';

function become(state: DocumentVisibilityState): void {
  visible = state;
  document.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  visible = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visible);
});
afterEach(() => vi.restoreAllMocks());

function tile(width: number, height: number): HTMLElement {
  const element = document.createElement('div');
  Object.defineProperty(element, 'clientWidth', { value: width });
  Object.defineProperty(element, 'clientHeight', { value: height });
  return element;
}

/** A screening with both streams shown, and what its host hears and gives. */
async function screening() {
  const sizes: string[] = [];
  let give: (frame: Frame, drawn: () => void) => void = () => undefined;
  const host: Host = {
    ...fakeHost('video'),
    frames: () => Promise.resolve({ url: 'ws://127.0.0.1:9', token: 'x', gpu: false }),
    pictures: (_info, got) => {
      give = got;
      return { show: (stream, width, height) => sizes.push(`${stream} ${width} ${height}`), stop: () => undefined };
    },
  };
  const frames = new Map<number, FrameRequestCallback>();
  vi.spyOn(globalThis, 'requestAnimationFrame').mockImplementation((run) => (frames.set(frames.size + 1, run), frames.size));
  vi.spyOn(globalThis, 'cancelAnimationFrame').mockImplementation((id) => void frames.delete(id));
  const made = new Screening(host, document.createElement('canvas'));
  onTestFinished(() => made.close());
  const place = (element: HTMLElement) => ({
    element,
    canvas: document.createElement('canvas'),
    mirrored: () => false,
    sharing: () => false,
    shown: () => true,
    radius: () => 0,
  });
  made.show(REMOTE, place(tile(640, 360)));
  const hideSelf = made.show(SELF, place(tile(160, 90)));
  await vi.waitFor(() => expect(sizes).toHaveLength(2));
  const draw = () => {
    const due = [...frames.values()];
    frames.clear();
    for (const run of due) run(0);
    return due.length;
  };
  let seq = 0;
  const picture = () => {
    const drawn = vi.fn();
    give({ stream: REMOTE, seq: (seq += 1), captured: 0, width: 4, height: 2, planes: new Uint8Array(i420Size(4, 2)) }, drawn);
    return drawn;
  };
  return { made, sizes, draw, picture, hideSelf };
}

describe('a window that cannot be seen', () => {
  it('asks for no pictures and draws none', async () => {
    const { sizes, draw, picture } = await screening();
    expect(sizes.splice(0)).toEqual(['3 640 360', '1 160 90']);
    draw();

    become('hidden');
    expect(sizes.splice(0)).toEqual(['3 0 0', '1 0 0']);
    const [late, later] = [picture(), picture()];
    expect(draw()).toBe(0);
    expect(late).toHaveBeenCalledTimes(1);
    expect(later).not.toHaveBeenCalled();

    become('visible');
    expect(sizes.splice(0)).toEqual(['3 640 360', '1 160 90']);
    expect(draw()).toBe(1);
    expect(later).toHaveBeenCalledTimes(1);
  });

  it('does not call a picture frozen that was not asked for', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { made, draw, picture } = await screening();
    picture();
    draw();
    vi.advanceTimersByTime(4000);
    expect(made.frozen.get(REMOTE)).toBe(true);
    picture();
    vi.advanceTimersByTime(600);
    expect(made.frozen.get(REMOTE)).toBe(false);
    become('hidden');
    vi.advanceTimersByTime(60_000);
    become('visible');
    vi.advanceTimersByTime(600);
    expect(made.frozen.get(REMOTE)).toBe(false);
  });

  it('keeps no clock, and sets it when it is seen again', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const session = new Session(fakeHost('video'));
    onTestFinished(() => session.close());
    become('hidden');
    const before = session.now;
    vi.advanceTimersByTime(30_000);
    expect(session.now).toBe(before);
    become('visible');
    expect(session.now).toBeGreaterThanOrEqual(before + 30_000);
  });
});

it('no picture is asked for once its tile is gone', async () => {
  const { sizes, hideSelf } = await screening();
  sizes.length = 0;
  hideSelf();
  expect(sizes).toEqual(['1 0 0']);
});

it('work for the screen runs while there is one to see', () => {
  const log: string[] = [];
  const stop = whileOnScreen(() => {
    log.push('start');
    return () => log.push('stop');
  });
  become('visible');
  become('hidden');
  become('hidden');
  become('visible');
  stop();
  stop();
  become('hidden');
  become('visible');
  expect(log).toEqual(['start', 'stop', 'start', 'stop']);
});
