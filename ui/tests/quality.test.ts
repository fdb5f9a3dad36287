import { describe, expect, it } from 'vitest';

import type { CallStats } from '../src/generated/bindings';
import { statsAt } from '../src/host/fake/figures';
import { Ear, filled } from '../src/model/levels';
import { judge, QualityMeter, type About } from '../src/model/quality';

const FINE: CallStats = statsAt(60, false, {
  accounts: [],
  chats: [],
  phone: { calls: [], microphone: true, camera: true, sharing: false, has_microphone: true, has_camera: true },
});
const ABOUT: About = { remoteVideo: true, remoteSharing: false, sharing: false, voice: false, seconds: 60 };
const stats = (over: Partial<CallStats> = {}): CallStats => ({ ...FINE, ...over });
const about = (over: Partial<About> = {}): About => ({ ...ABOUT, ...over });
const before = (over: Partial<CallStats> = {}, seconds = 59) => [{ stats: stats(over), seconds }];

describe('one reading', () => {
  it.each<[string, Partial<CallStats>, Partial<About>, string, string]>([
    ['nothing wrong', {}, {}, 'good', 'none'],
    ['nothing wrong in a voice call', {}, { voice: true }, 'good', 'sound'],
    ['some loss', { loss: 0.03 }, {}, 'fair', 'loss'],
    ['much loss', { loss: 0.1 }, {}, 'poor', 'loss'],
    ['a long way', { rtt_ms: 300 }, {}, 'fair', 'delay'],
    ['a very long way', { rtt_ms: 700 }, {}, 'poor', 'delay'],
    ['little room for our picture', { target_kbps: 200 }, {}, 'fair', 'upload'],
    ['hardly any room for our picture', { target_kbps: 100 }, {}, 'poor', 'upload'],
    ['room for sound alone', { target_kbps: 40, picture_paused: true }, {}, 'poor', 'paused'],
    ['room for sound alone and the camera off', { target_kbps: 40, picture_paused: true, camera_off: true }, {}, 'good', 'none'],
    ['little room while the camera is off', { target_kbps: 100, camera_off: true }, {}, 'good', 'none'],
    [
      'little room while the screen is shared and the camera off',
      { target_kbps: 100, camera_off: true },
      { sharing: true },
      'poor',
      'upload',
    ],
    ['few pictures', { fps_received: 12 }, {}, 'fair', 'late'],
    ['very few pictures', { fps_received: 5 }, {}, 'poor', 'late'],
    ['few pictures of a shared screen', { fps_received: 5 }, { remoteSharing: true }, 'good', 'none'],
    ['no pictures of a camera that is off', { fps_received: 0 }, { remoteVideo: false }, 'good', 'none'],
    ['few own pictures with room for many', { fps_sent: 6 }, {}, 'fair', 'busy'],
    ['hardly any own pictures with room for many', { fps_sent: 2 }, {}, 'poor', 'busy'],
    ['few own pictures of a shared screen', { fps_sent: 2 }, { sharing: true }, 'good', 'none'],
    ['few own pictures with little room', { fps_sent: 2, target_kbps: 400 }, {}, 'good', 'none'],
  ])('with %s', (_what, figures, circumstances, grade, why) => {
    expect(judge(stats(figures), before(), about(circumstances))).toEqual({ grade, why });
  });

  it('names this computer, not the upload, where pictures are left because it is busy', () => {
    const then = before({ frames_sent: 1000, frames_dropped: 0, target_kbps: 140 });
    const now = (dropped: number) => stats({ frames_sent: 1010, frames_dropped: dropped, target_kbps: 140 });
    expect(judge(now(12), then, about())).toEqual({ grade: 'poor', why: 'busy' });
    expect(judge(now(5), then, about())).toEqual({ grade: 'fair', why: 'busy' });
    expect(judge(now(1), then, about())).toEqual({ grade: 'poor', why: 'upload' });
  });

  it('names the worst reason, whatever else there is', () => {
    expect(judge(stats({ loss: 0.03, rtt_ms: 900 }), before(), about())).toEqual({ grade: 'poor', why: 'delay' });
  });

  it('counts freezes and made-up sound of the last seconds, not of the whole call', () => {
    expect(judge(stats({ freeze_ms: 9400 }), before({ freeze_ms: 9000 }), about())).toEqual({ grade: 'poor', why: 'late' });
    expect(judge(stats({ freeze_ms: 9000 }), before({ freeze_ms: 9000 }), about()).grade).toBe('good');
    // 2 % of 60 s against 1 % of 50 s: 0.7 s of the last ten were made up.
    expect(judge(stats({ concealed: 0.02 }), before({ concealed: 0.01 }, 50), about())).toEqual({ grade: 'fair', why: 'gaps' });
    expect(judge(stats({ concealed: 0.02 }), before({ concealed: 0.024 }, 50), about()).grade).toBe('good');
  });
});

describe('the meter', () => {
  const feed = (meter: QualityMeter, readings: Partial<CallStats>[]) =>
    readings.map((one, at) => meter.read(stats(one), about({ seconds: 60 + at })));

  it('overlooks a single bad second', () => {
    const shown = feed(new QualityMeter(), [{}, { loss: 0.2 }, {}, { loss: 0.2 }, {}]);
    expect(shown.every(({ grade }) => grade === 'good')).toBe(true);
  });

  it('gets worse after two seconds, and believes the milder of them', () => {
    const shown = feed(new QualityMeter(), [{}, { loss: 0.03 }, { loss: 0.2 }, { loss: 0.2 }, { loss: 0.2 }]);
    expect(shown.map(({ grade }) => grade)).toEqual(['good', 'good', 'fair', 'fair', 'poor']);
  });

  it('gets better only after five good seconds in a row', () => {
    const meter = new QualityMeter();
    feed(meter, [{ loss: 0.2 }, { loss: 0.2 }]);
    expect(feed(meter, [{}, {}, {}, {}, {}]).map(({ grade }) => grade)).toEqual(['poor', 'poor', 'poor', 'poor', 'good']);
    feed(meter, [{ loss: 0.2 }, { loss: 0.2 }]);
    expect(feed(meter, [{}, {}, {}, {}, { loss: 0.2 }, {}, {}, {}, {}]).every(({ grade }) => grade === 'poor')).toBe(true);
  });

  it('does not flicker between two reasons', () => {
    const meter = new QualityMeter();
    feed(meter, [{ loss: 0.03 }, { loss: 0.03 }]);
    const shown = feed(meter, [{ rtt_ms: 300 }, { loss: 0.03 }, { rtt_ms: 300 }, { rtt_ms: 300 }, { rtt_ms: 300 }]);
    expect(shown.map(({ why }) => why)).toEqual(['loss', 'loss', 'loss', 'loss', 'delay']);
  });
});

describe('a level', () => {
  it('fills a bar in even steps of dB', () => {
    expect([-90, -60, -45, -30, -15, 0, 6].map(filled)).toEqual([0, 0, 0.25, 0.5, 0.75, 1, 1]);
    expect(filled(Number.NaN)).toBe(0);
  });

  it('is told in words that last', () => {
    const ear = new Ear(0);
    expect(ear.hear(-80, 100)).toBe('saySomething');
    expect(ear.hear(-20, 1000)).toBe('heard');
    expect(ear.hear(-80, 3000)).toBe('heard');
    expect(ear.hear(-80, 4000)).toBe('saySomething');
    expect(ear.hear(-46, 5000)).toBe('saySomething');
    expect(ear.hear(-80, 9500)).toBe('quiet');
    expect(ear.hear(-80, 20_000)).toBe('notHeard');
    expect(ear.hear(-1, 21_000)).toBe('tooLoud');
  });
});
