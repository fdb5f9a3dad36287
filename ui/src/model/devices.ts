// The choices among microphones, speakers and cameras, as they are listed. Pure.

import type {
  Choice,
  DeviceFault,
  DeviceKind,
  DeviceEvent,
  DeviceProblem,
  DevicesView,
  SoundDevice,
} from '../generated/bindings';
import type { Language } from '../text/text';

export type Chosen = Exclude<DeviceKind, 'sharing' | 'received_video'>;

/** Why what the other side sends cannot be shown. */
export type Unshown = 'too_large' | 'interlaced' | 'bit_depth' | 'chroma' | 'other';

export interface DeviceChoice {
  id: string;
  /** The device's own name; empty for what is no device. */
  label: string;
  /** What the line says. */
  said: string;
  /** Chosen, but not plugged in. */
  gone: boolean;
}

/** What can be chosen: the system's, every device there is, a chosen one that is gone, none. */
export function choicesOf(kind: Chosen, devices: (SoundDevice | Choice)[], value: string, language: Language): DeviceChoice[] {
  const text = language.text.hardware;
  const standard = devices.find((one) => 'default' in one && one.default) ?? devices[0];
  const choices: DeviceChoice[] = [
    {
      id: 'default',
      label: '',
      said: standard === undefined ? text.standard : text.standardIs(language.isolate(standard.label)),
      gone: false,
    },
    ...devices.map(({ id, label }) => ({ id, label, said: label === '' ? id : label, gone: false })),
  ];
  if (!choices.some(({ id }) => id === value) && value !== 'none') {
    const label = labelIn(value);
    choices.push({ id: value, label, said: label === '' ? text.chosenGone : label, gone: true });
  }
  choices.push({ id: 'none', label: '', said: text.none[kind], gone: false });
  return choices;
}

/** The name that a kept id carries for the time its device is away: `…?label=Blue Yeti`, `camera:HD Webcam?bus=…`. */
export function labelIn(id: string): string {
  const [, label] = id.split('?label=', 2);
  if (label !== undefined) return label;
  return id.startsWith('camera:') ? (id.slice('camera:'.length).split('?bus=')[0] ?? '') : '';
}

export function faultOf(devices: DevicesView | null, device: DeviceKind): DeviceFault | null {
  return devices?.test.faults.find((one) => one.device === device) ?? null;
}

/** Nothing to speak into, to hear with or to look into. */
export function isBare(devices: DevicesView): boolean {
  return devices.microphones.length + devices.speakers.length + devices.cameras.length === 0;
}

/** What happened to a device, in a sentence or two. */
export function newsOf({ device, happened, name, problem }: DeviceEvent, language: Language): string {
  const text = language.text.hardware;
  if (device === 'received_video')
    return happened === 'back' ? language.text.missing.shownAgain : language.text.missing.unshown[unshownOf(problem)];
  const named = (words: string) => (name === '' || device === 'sharing' ? `${words}.` : `${words}: ${language.isolate(name)}.`);
  const unplugged = problem === null || problem === 'missing';
  const fault = faultWords(problem);
  switch (happened) {
    case 'lost':
      return unplugged ? `${named(text.gone[device])} ${text.effect[device]}` : text.faults[device][fault];
    case 'back':
      return named(text.back[device]);
    case 'switched':
      // What to do about it matters less once another one is used.
      return unplugged ? named(text.other[device]) : `${firstOf(text.faults[device][fault])} ${named(text.other[device])}`;
  }
}

/** Why pictures of the other side cannot be shown. */
export function unshownOf(problem: DeviceProblem | null): Unshown {
  switch (problem) {
    case 'too_large':
    case 'interlaced':
    case 'bit_depth':
    case 'chroma':
      return problem;
    case 'missing':
    case 'busy':
    case 'denied':
    case 'failed':
    case null:
      return 'other';
  }
}

/** The problems a device of this computer can have. */
function faultWords(problem: DeviceProblem | null): 'missing' | 'busy' | 'denied' | 'failed' {
  return problem === 'missing' || problem === 'busy' || problem === 'denied' ? problem : 'failed';
}

/** What is wrong with a device that is tried. */
export function faultText({ device, problem }: DeviceFault, language: Language): string {
  const { missing, hardware } = language.text;
  return device === 'received_video' ? missing.unshown[unshownOf(problem)] : hardware.faults[device][faultWords(problem)];
}

function firstOf(sentences: string): string {
  const end = sentences.indexOf('. ');
  return end < 0 ? sentences : sentences.slice(0, end + 1);
}
