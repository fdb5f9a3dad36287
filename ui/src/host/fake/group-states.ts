// States of calls of several people.

import type { CallView, MemberView, Person } from '../../generated/bindings';
import { AMIRA, DANIEL, INES, JONAS, NADIA, OMAR, therapist, WEN } from './backends';
import { call, LEILA, LONG, member } from './people';
import { connected, incoming, view, type FakeState } from './state';

const mini = { window: 'mini' } as const;
const ALL: Person[] = [AMIRA, OMAR, LEILA, DANIEL, INES, JONAS, WEN];

/** So many others, as they are told to be by their place among them, from 1. */
function members(count: number, over: Record<number, Partial<MemberView>> = {}): MemberView[] {
  return ALL.slice(0, count).map((one, at) => member(at + 1, over[at + 1]?.person ?? one, 'connected', over[at + 1]));
}

const of = (one: Partial<CallView>): Partial<CallView> => ({
  account: therapist().id,
  peer: one.members?.[0]?.person ?? AMIRA,
  subject: null,
  people: one.members?.map((member) => member.person) ?? [],
  ...one,
});
const group = (others: MemberView[], over: Partial<CallView> = {}, on: Parameters<typeof view>[2] = {}): FakeState => ({
  view: view([therapist()], [connected(of({ members: others, ...over }))], on),
});

/** Two who speak hold the stage in turn, so that a picture of it would not be the same twice. */
const still = (speaker: number) => ({
  levels: { members: [{ call: 7, member: speaker, db: -20, hand_up: false }], microphone_db: -30 },
});
const sharing = { 3: { sharing: true } };

export const GROUP_STATES: Record<string, FakeState> = {
  'group-three': { ...group(members(2)), ...still(1) },
  'group-five': { ...group(members(4, { 2: { audio: false } })), ...still(4) },
  'group-eight': {
    ...group(members(7, { 2: { audio: false }, 4: { video: false }, 5: { audio: false, video: false } })),
    ...still(6),
  },
  'group-troubles': {
    ...group(
      members(7, {
        1: { state: 'reconnecting' },
        2: { state: 'invited', video: false, audio: false },
        3: { state: 'connecting' },
        4: { state: 'failed' },
        5: { person: LONG, has_camera: false, has_microphone: false, audio: false, video: false },
        6: { audio: false },
      }),
      {},
      { microphone: false, camera: false },
    ),
    ...still(7),
    bad: true,
  },
  'group-hands': {
    ...group(members(6, { 4: { audio: false }, 5: { video: false } })),
    levels: {
      members: [1, 2, 3, 4, 5, 6].map((one) => ({
        call: 7,
        member: one,
        db: one === 1 ? -20 : -75,
        hand_up: one === 4 || one === 5,
      })),
      microphone_db: -30,
    },
  },
  'group-voice': {
    ...group(members(4, { 2: { audio: false }, 3: { state: 'invited' } }), { kind: 'voice', remote_video: false }),
    ...still(1),
    noRemote: true,
  },
  'group-calling': {
    view: view(
      [therapist()],
      [call({ is: 'calling', ringing: true }, of({ members: members(3).map((one) => member(one.id, one.person, 'invited')) }))],
    ),
    noRemote: true,
  },
  'group-sharing': { ...group(members(7, sharing), { remote_sharing: true }), ...still(1) },
  'group-sharing-few': { ...group(members(3, sharing), { remote_sharing: true }), ...still(1) },
  'group-shares': { ...group(members(4), {}, { sharing: true }), ...still(2) },
  'group-alone': { ...group([]), noRemote: true },
  'group-ended': {
    view: view(
      [therapist()],
      [
        call(
          { is: 'ended', reason: { why: 'hung_up' } },
          of({ people: members(4).map((one) => one.person), connected_ms: 754_000 }),
        ),
      ],
    ),
  },
  'group-waiting': {
    view: view(
      [therapist()],
      [
        connected(of({ members: members(4) })),
        incoming({ id: 9, account: therapist().id, peer: NADIA, subject: null, waiting: true }),
      ],
    ),
    ...still(1),
  },

  'ring-group': {
    view: view(
      [therapist()],
      [
        incoming(
          of({
            members: [
              member(1, AMIRA, 'invited'),
              member(2, OMAR, 'connected'),
              member(3, LEILA, 'invited'),
              member(4, LONG, 'invited'),
              member(5, INES, 'invited'),
            ],
          }),
        ),
      ],
    ),
    start: { window: 'ring' },
  },
  'group-ringing': {
    view: view(
      [therapist()],
      [incoming(of({ kind: 'voice', members: [member(1, AMIRA, 'invited'), member(2, DANIEL, 'invited')] }))],
    ),
  },
  'mini-group': { ...group(members(4)), ...still(2), start: mini },
};
