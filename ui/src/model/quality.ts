// One word and one reason for how well a call runs, from its figures. Pure.

import type { CallStats } from '../generated/bindings';
import type { Text } from '../text/en';

export interface Quality {
  grade: keyof Text['stats']['quality'];
  why: keyof Text['stats']['why'];
}

export function quality(stats: CallStats, remoteVideo: boolean): Quality {
  if (stats.loss >= 0.08) return { grade: 'poor', why: 'loss' };
  if (stats.rtt_ms >= 600) return { grade: 'poor', why: 'delay' };
  if (remoteVideo && stats.frames_received > 0 && stats.fps_received < 8) return { grade: 'poor', why: 'download' };
  if (stats.loss >= 0.02) return { grade: 'fair', why: 'loss' };
  if (stats.rtt_ms >= 250) return { grade: 'fair', why: 'delay' };
  if (!stats.camera_off && stats.frames_sent > 0 && stats.target_kbps > 0 && stats.target_kbps < 250) {
    return { grade: 'fair', why: 'upload' };
  }
  if (remoteVideo && stats.frames_received > 0 && stats.fps_received < 15) return { grade: 'fair', why: 'download' };
  return { grade: 'good', why: 'none' };
}
