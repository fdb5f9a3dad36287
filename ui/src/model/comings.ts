// Who came into a call of several and who left, told together instead of one by one. Pure but for what is remembered.

import type { MemberId, MemberView, Person } from '../generated/bindings';
import type { Language } from '../text/text';
import { isInRoom } from './stage';

/** So long others are waited for, who often come at the same moment. */
const WAIT_MS = 1500;

export interface News {
  joined: Person[];
  left: Person[];
}

export class Comings {
  /** Who was there when news were told last; `null` before the first look. */
  #told: Map<MemberId, Person> | null = null;
  #now = new Map<MemberId, Person>();
  #since: number | null = null;

  /** Takes who is there now; gives what there is to tell. `now` in milliseconds; to be called again a while later. */
  see(members: readonly MemberView[], now: number): News | null {
    this.#now = new Map(members.filter(isInRoom).map((one) => [one.id, one.person]));
    if (this.#told === null) {
      this.#told = this.#now;
      return null;
    }
    const told = this.#told;
    const joined = [...this.#now].filter(([id]) => !told.has(id)).map(([, person]) => person);
    const left = [...told].filter(([id]) => !this.#now.has(id)).map(([, person]) => person);
    if (joined.length === 0 && left.length === 0) {
      this.#since = null;
      return null;
    }
    this.#since ??= now;
    if (now - this.#since < WAIT_MS) return null;
    this.#since = null;
    this.#told = this.#now;
    return { joined, left };
  }
}

/** People in few words: "Amira", "Amira and Omar", "Amira and 2 others". */
export function namesOf(people: readonly Person[], { text, isolate }: Language): string {
  const name = (at: number) => isolate(people[at]?.name || text.someone);
  if (people.length === 0) return '';
  if (people.length === 1) return name(0);
  return people.length === 2 ? text.group.both(name(0), name(1)) : text.group.andOthers(name(0), people.length - 1);
}

export function newsOfComings({ joined, left }: News, language: Language): string {
  const { group } = language.text;
  const said = [];
  if (joined.length > 0) said.push(group.joined(namesOf(joined, language)));
  if (left.length > 0) said.push(group.left(namesOf(left, language)));
  return said.map((one) => `${one}.`).join(' ');
}
