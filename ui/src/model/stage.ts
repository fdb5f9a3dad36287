// Who takes the stage of a call of several: whoever was pinned, else whoever shares, else in the speaker view whoever
// speaks. Pure.

import type { CallView, MemberId, MemberView, Person } from '../generated/bindings';

export interface StageChoice {
  view: 'grid' | 'speaker';
  pinned: MemberId | null;
  /** Whose shared screen was put back among the others. */
  declined: MemberId | null;
}

export const STAGE: StageChoice = { view: 'grid', pinned: null, declined: null };

/** There are several others, in it or invited. */
export const isGroup = (call: Pick<CallView, 'members'>): boolean => call.members.length > 1;

/** Whom one talks to where it is one person: in a call of several the one who is left. */
export const otherOf = (call: Pick<CallView, 'members' | 'peer'>): Person => {
  const [only, ...more] = call.members;
  return only === undefined || more.length > 0 || only.person.id === call.peer.id ? call.peer : only.person;
};

/** Has come, whether or not their media has. */
export const isInRoom = (member: MemberView): boolean => member.state !== 'invited';

/** The newest of those who share. */
export function sharerOf(members: readonly MemberView[]): MemberView | null {
  return members.findLast((one) => one.sharing && isInRoom(one)) ?? null;
}

/** `null`: a grid. */
export function mainOf(choice: StageChoice, members: readonly MemberView[], speaker: MemberId | null): MemberId | null {
  const has = (id: MemberId | null) => id !== null && members.some((one) => one.id === id);
  if (has(choice.pinned)) return choice.pinned;
  const sharer = sharerOf(members);
  if (sharer !== null && sharer.id !== choice.declined) return sharer.id;
  if (choice.view === 'grid') return null;
  if (has(speaker)) return speaker;
  return (members.find((one) => one.state === 'connected') ?? members[0])?.id ?? null;
}

/** From the grid to the speaker view, or from whatever is on the stage to the grid. */
export function toggled(choice: StageChoice, members: readonly MemberView[], speaker: MemberId | null): StageChoice {
  if (mainOf(choice, members, speaker) === null) return { view: 'speaker', pinned: null, declined: null };
  return { view: 'grid', pinned: null, declined: sharerOf(members)?.id ?? null };
}

/** Pins somebody, or lets them go again. */
export function pinned(choice: StageChoice, member: MemberId): StageChoice {
  return { ...choice, pinned: choice.pinned === member ? null : member };
}

/** What is kept after somebody left or stopped sharing. */
export function settled(choice: StageChoice, members: readonly MemberView[]): StageChoice {
  const gone = choice.pinned !== null && !members.some((one) => one.id === choice.pinned);
  const over = choice.declined !== null && !members.some((one) => one.id === choice.declined && one.sharing);
  return gone || over ? { ...choice, pinned: gone ? null : choice.pinned, declined: over ? null : choice.declined } : choice;
}
