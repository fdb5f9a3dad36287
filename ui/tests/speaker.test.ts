import { describe, expect, it } from 'vitest';

import type { MemberView } from '../src/generated/bindings';
import { Comings, newsOfComings } from '../src/model/comings';
import { HandNews, inOrder } from '../src/model/hands';
import { ActiveSpeaker, WeakConnections } from '../src/model/speaker';
import { isGroup, mainOf, pinned, settled, sharerOf, STAGE, toggled } from '../src/model/stage';
import { language } from '../src/text/text';

const LOUD = -20;
const STEP = 100;

/** A speaker and its clock; each step is a tenth of a second in which these are loud. */
function stepped(can: (member: number) => boolean = () => true) {
  const active = new ActiveSpeaker();
  let now = 0;
  const step = (loud: number[], times = 1) => {
    for (let at = 0; at < times; at += 1) {
      now += STEP;
      const levels = [1, 2, 3].map((member) => ({ member, db: loud.includes(member) ? LOUD : -80 }));
      active.hear(levels, can, now);
    }
    return active.speaker;
  };
  return { active, step, at: () => now };
}

describe('who speaks', () => {
  it('takes the stage after 0.3 s, not for a cough', () => {
    const { step } = stepped();
    expect(step([1], 2)).toBeNull();
    expect(step([], 10)).toBeNull();
    expect(step([1], 3)).toBeNull();
    expect(step([1])).toBe(1);
  });

  it('keeps it for 2 s, and while speaking', () => {
    const { step } = stepped();
    step([1], 4);
    step([], 4);
    // Another one speaks long enough, but too soon.
    expect(step([2], 10)).toBe(1);
    expect(step([2], 7)).toBe(2);
    // Interrupted for as long as one likes, who speaks on keeps it.
    expect(step([2, 3], 50)).toBe(2);
  });

  it('keeps it when all are quiet', () => {
    const { step } = stepped();
    step([3], 5);
    expect(step([], 600)).toBe(3);
  });

  it('of two whoever began first', () => {
    const { step } = stepped();
    step([2]);
    expect(step([1, 2], 5)).toBe(2);
  });

  it('is never somebody muted or gone, also at once after they were', () => {
    let muted = 0;
    const { step } = stepped((member) => member !== muted);
    step([1], 5);
    muted = 1;
    expect(step([1, 2], 5)).toBe(2);
  });

  it('is known at each moment for marks', () => {
    const { active, step, at } = stepped();
    step([1, 3]);
    expect(active.speaking(at())).toEqual([1, 3]);
    step([3], 4);
    expect(active.speaking(at())).toEqual([3]);
  });
});

it('a connection is bad after two bad seconds and good after four good ones', () => {
  const weak = new WeakConnections();
  const read = (...qualities: ('good' | 'poor')[]) => qualities.map((quality) => weak.read([{ member: 4, quality }]).length);
  expect(read('poor', 'good', 'poor', 'poor')).toEqual([0, 0, 0, 1]);
  expect(read('good', 'good', 'good', 'poor', 'good', 'good', 'good', 'good')).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
  expect(weak.read([])).toEqual([]);
});

const member = (id: number, over: Partial<MemberView> = {}): MemberView => ({
  id,
  person: { id: `p${id}`, name: ['', 'Amira', 'Omar', 'Leo', 'Ines'][id] ?? '', avatar: null },
  state: 'connected',
  audio: true,
  video: true,
  sharing: false,
  has_microphone: true,
  has_camera: true,
  ...over,
});

describe('the stage', () => {
  const three = [member(1), member(2), member(3)];

  it('is a grid at first, and one of several only', () => {
    expect(mainOf(STAGE, three, 2)).toBeNull();
    expect(isGroup({ members: three })).toBe(true);
    expect(isGroup({ members: three.slice(0, 1) })).toBe(false);
  });

  it('has the speaker in the speaker view, and somebody before anybody spoke', () => {
    const speaker = toggled(STAGE, three, null);
    expect(mainOf(speaker, three, 2)).toBe(2);
    expect(mainOf(speaker, [member(1, { state: 'invited' }), member(2)], null)).toBe(2);
    expect(mainOf(speaker, three.slice(0, 1), 2)).toBe(1);
    expect(toggled(speaker, three, 2)).toEqual(STAGE);
  });

  it('has whoever shares, until that is put back', () => {
    const sharing = [member(1), member(2, { sharing: true }), member(3)];
    expect(mainOf(STAGE, sharing, 1)).toBe(2);
    const back = toggled(STAGE, sharing, 1);
    expect(mainOf(back, sharing, 1)).toBeNull();
    // Somebody else's screen, or the same one shared again, is news.
    expect(mainOf(back, [...sharing.slice(0, 2), member(3, { sharing: true })], 1)).toBe(3);
    expect(mainOf(settled(back, three), sharing, 1)).toBe(2);
    expect(sharerOf([member(1, { sharing: true, state: 'invited' })])).toBeNull();
  });

  it('has whoever is pinned before all others, until they leave', () => {
    const sharing = [member(1), member(2, { sharing: true })];
    const one = pinned(STAGE, 1);
    expect(mainOf(one, sharing, 2)).toBe(1);
    expect(mainOf(pinned(one, 1), sharing, 2)).toBe(2);
    expect(settled(one, [member(2)]).pinned).toBeNull();
    expect(settled(one, sharing)).toBe(one);
  });
});

describe('comings and goings', () => {
  it('are told together, after a while, and not of who was there first', () => {
    const comings = new Comings();
    expect(comings.see([member(1)], 0)).toBeNull();
    expect(comings.see([member(1), member(2)], 5000)).toBeNull();
    expect(comings.see([member(1), member(2), member(3)], 5500)).toBeNull();
    expect(comings.see([member(2), member(3)], 6500)).toEqual({
      joined: [member(2).person, member(3).person],
      left: [member(1).person],
    });
    expect(comings.see([member(2), member(3)], 9000)).toBeNull();
  });

  it('are none while somebody is only invited, or was away for a moment', () => {
    const comings = new Comings();
    comings.see([member(1)], 0);
    expect(comings.see([member(1), member(2, { state: 'invited' })], 9000)).toBeNull();
    comings.see([], 10_000);
    expect(comings.see([member(1)], 11_000)).toBeNull();
    expect(comings.see([member(1)], 20_000)).toBeNull();
  });

  it('are put in words', () => {
    const people = [1, 2, 3].map((id) => member(id).person);
    const said = (code: string, joined: typeof people, left: typeof people = []) =>
      newsOfComings({ joined, left }, language(code)).replace(/[\u2068\u2069]/g, '');
    expect(said('en', people)).toBe('Amira and 2 others joined.');
    expect(said('en', people.slice(0, 2), people.slice(2))).toBe('Amira and Omar joined. Leo left.');
    expect(said('de', people)).toBe('Neu dabei: Amira und 2 weitere.');
    expect(said('ar', people)).toContain('Amira');
  });
});

describe('raised hands', () => {
  it('stand in the order in which they went up', () => {
    expect(inOrder(new Set([3, 1]), [1, 2, 3])).toEqual([3, 1, 2]);
    expect(inOrder(new Set([3, 1]), [1])).toEqual([1]);
  });

  it('are news once, and again only after a while', () => {
    const news = new HandNews();
    expect(news.see([1], 0)).toEqual([1]);
    expect(news.see([1, 2], 5000)).toEqual([2]);
    // Their path was lost for a moment.
    expect(news.see([2], 9000)).toEqual([]);
    expect(news.see([1, 2], 12_000)).toEqual([]);
    expect(news.see([], 13_000)).toEqual([]);
    expect(news.see([1], 30_000)).toEqual([1]);
  });
});
