// Levels, statistics and pictures that come by themselves while a fake call goes on.

import type { CallStats, EngineView, Levels } from '../../generated/bindings';
import { SELF, streamOf, type Frame, type Stop, type Stream } from '../host';
import { pattern } from './pattern';

/** Calls with the seconds since the start, until stopped. */
export function every(ms: number, then: (seconds: number) => void): Stop {
  const from = performance.now();
  const timer = setInterval(() => then((performance.now() - from) / 1000), ms);
  return () => clearInterval(timer);
}

/** The others speak in turn, four seconds each. */
const TURN_S = 4;

export function levelsAt(time: number, view: EngineView): Levels {
  const members = view.phone.calls.flatMap((call) => {
    const talk = call.members.filter((one) => one.state === 'connected' && one.audio);
    const turn = talk[Math.floor(time / TURN_S) % Math.max(1, talk.length)];
    return talk.map(({ id }) => ({
      call: call.id,
      member: id,
      db: id === turn?.id ? -24 + 6 * Math.sin(time * 9) : -75,
      hand_up: false,
    }));
  });
  return {
    microphone_db: -40 + 22 * Math.sin(time * 3),
    speaker_db: -42 + 20 * Math.sin(time * 2.1),
    muted_speech: false,
    members,
  };
}

/** Largest picture of each stream, as a camera would make it. */
const LARGEST = { own: [320, 180], other: [640, 360] } as const;

export interface Tiles {
  got: (frame: Frame, drawn: () => void) => void;
  view: () => EngineView;
  /** How wide a stream is shown, in pixels; infinite before anybody said. */
  tile: (stream: Stream) => number;
  noRemote: boolean;
}

export function pictures({ got, view, tile, noRemote }: Tiles): Stop {
  const flying = new Map<Stream, number>();
  let seq = 0;
  return every(66, (time) => {
    const { phone } = view();
    const own = phone.camera || phone.sharing ? [SELF] : [];
    const others = phone.calls.flatMap((call) => {
      // What one other person does is said of the call.
      const alone = call.members.length === 1;
      return call.members.filter((one) => alone || one.video || one.sharing).map(({ id }) => streamOf(id));
    });
    for (const stream of [...own, ...(noRemote ? [] : others)]) {
      if (tile(stream) === 0 || (flying.get(stream) ?? 0) >= 2) continue;
      flying.set(stream, (flying.get(stream) ?? 0) + 1);
      const [most, high] = stream === SELF ? LARGEST.own : LARGEST.other;
      // No larger than it is shown, as the shell sends it.
      const width = Math.max(64, 2 * Math.round(Math.min(most, tile(stream)) / 2));
      const height = 2 * Math.round((width * high) / most / 2);
      const planes = pattern(stream, width, height, time);
      seq += 1;
      got({ stream, seq, captured: time * 1000, width, height, planes }, () => flying.set(stream, (flying.get(stream) ?? 1) - 1));
    }
  });
}

export function statsAt(time: number, bad: boolean, { phone }: EngineView): CallStats {
  const others = phone.calls.flatMap(({ members }) => members.filter((one) => one.state === 'connected'));
  const seconds = Math.floor(time);
  return {
    frames_captured: 30 * seconds,
    frames_sent: 30 * seconds,
    frames_dropped: 0,
    frames_received: 30 * seconds,
    fps_sent: 29.9,
    fps_received: bad ? 6.2 : 30,
    width_sent: 1280,
    height_sent: 720,
    width_received: bad ? 320 : 1280,
    height_received: bad ? 180 : 720,
    freezes: bad ? 7 : 0,
    freeze_ms: bad ? 4200 : 0,
    longest_freeze_ms: bad ? 1300 : 0,
    first_picture_ms: 180,
    frames_decoded: 30 * seconds,
    frames_left_out: bad ? 60 : 0,
    frames_skipped: 0,
    key_frames_sent: 2,
    key_frames_requested: bad ? 9 : 1,
    recoveries_sent: 0,
    recoveries_requested: bad ? 14 : 0,
    video_delay_ms: bad ? 220 : 0,
    capture_to_display_ms: bad ? 430 : 70,
    encode_ms: 3.1,
    decode_ms: 1.1,
    quantiser: bad ? 40 : 29,
    picture_paused: false,
    video_kbps_sent: 1480,
    video_kbps_received: bad ? 110 : 1510,
    audio_kbps_sent: 34,
    audio_kbps_received: 33,
    target_kbps: 1500,
    upload_kbps: 1520 * Math.max(1, others.length),
    packets_lost: bad ? 412 : 3,
    loss: bad ? 0.12 : 0.001,
    rtt_ms: bad ? 480 : 38,
    jitter_ms: 40,
    audio_level_sent_db: -24,
    audio_level_received_db: -26,
    concealed: bad ? 0.04 : 0,
    audio_late: bad ? 12 : 0,
    audio_restored: bad ? 310 : 2,
    microphone_muted: !phone.microphone,
    camera_off: !phone.camera,
    codec_sent: 'H264',
    codec_received: 'H264',
    av_offset_ms: 12,
    answer_to_video_ms: 410,
    answer_to_audio_ms: 320,
    path: bad ? 'relayed' : 'direct',
    security_code: '4821 0937 5526',
    transport: {
      delay_based_kbps: 1500,
      loss_based_kbps: null,
      acknowledged_kbps: 1490,
      probes_sent: 4,
      padding_bytes_sent: 60_000,
      pacer_packets: 0,
      pacer_queue_ms: 0,
      pacer_frames_dropped: 0,
      nacks_sent: bad ? 380 : 2,
      packets_requested: bad ? 460 : 3,
      nacks_received: 2,
      packets_requested_by_remote: 2,
      retransmissions_sent: 2,
      retransmissions_refused: 0,
      retransmissions_received: bad ? 430 : 3,
      key_frames_requested: bad ? 5 : 0,
      key_frames_requested_by_remote: 0,
      recoveries_requested: bad ? 14 : 0,
      recoveries_requested_by_remote: 0,
    },
    members: others.map(({ id }) => ({
      member: id,
      quality: bad ? 'poor' : 'excellent',
      round_trip_ms: 38,
      loss: 0,
      fps: 30,
      width: 640,
      height: 360,
      security_code: Array.from({ length: 6 }, (_, at) => String((id * 7919 + at * 104_729) % 100_000).padStart(5, '0')).join(
        ' ',
      ),
    })),
  };
}
