// The one door between the interface and the program around it. Components know this file only;
// tauri.ts and fake.ts stand behind it.

import type { Commands, Events } from '../generated/commands';
import type { FramesAddress, MemberId } from '../generated/bindings';

/** Ends a subscription; safe to call twice. */
export type Stop = () => void;

/** One picture of one stream: I420 planes, tightly packed. */
export interface Frame {
  stream: Stream;
  seq: number;
  /** When it was captured, in the sender's milliseconds. */
  captured: number;
  width: number;
  height: number;
  planes: Uint8Array;
}

/** The pipe of frames to one place where they are drawn. */
export interface Pictures {
  /** How large a stream is drawn, in device pixels; a larger picture is scaled before it is sent. None comes at 0 x 0,
      as at the start. */
  show(stream: Stream, width: number, height: number): void;
  stop: Stop;
}

/** 1 is ourselves, from 2 on the members of the call. */
export type Stream = number;
export const SELF: Stream = 1;

/** The stream of one of the others in the call. */
export const streamOf = (member: MemberId): Stream => FIRST_MEMBER + member;
const FIRST_MEMBER = 2;

/** Hears every event of one name. */
export type Subscribe<Name extends keyof Events> = (heard: (payload: Events[Name]) => void) => Stop;

export interface Host extends Commands {
  view: Subscribe<'view'>;
  notices: Subscribe<'notice'>;
  levels: Subscribe<'levels'>;
  stats: Subscribe<'stats'>;
  settingsChanged: Subscribe<'settings'>;
  desktopChanged: Subscribe<'desktop'>;
  devicesChanged: Subscribe<'devices'>;
  /** A view was asked for from outside, e.g. by a notification. */
  asked: Subscribe<'go'>;
  /** Newest frames as they come; `drawn` must be called once for each so that more are sent. */
  pictures(info: FramesAddress, got: (frame: Frame, drawn: () => void) => void): Pictures;
}

/** The words of a failed command as a sentence, whatever shape the host gave them. */
export function wordsOf(error: unknown): string {
  if (typeof error === 'string') return sentence(error);
  if (typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string') {
    return sentence(error.message);
  }
  return '';
}

/** What failed, as in `Failure.code`; empty: only the words say. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** An error's words begin in lower case, as part of a longer line; alone they are a sentence. */
export function sentence(words: string): string {
  const trimmed = words.trim();
  const [first = ''] = trimmed;
  const whole = first.toLocaleUpperCase() + trimmed.slice(first.length);
  return /[\p{L}\p{N})\]"”’]$/u.test(whole) ? `${whole}.` : whole;
}
