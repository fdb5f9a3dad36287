// People one calls often: kept in the settings, found again among the accounts that are signed in. Pure.

import type { AccountView, Contact, Favourite, Person } from '../generated/bindings';

/** More than anybody needs at hand; settings stay small. */
export const MOST_FAVOURITES = 24;

/** Letters of a name that is kept. */
const LONGEST_NAME = 100;

const isOf = (one: Favourite, account: AccountView) => one.dialect === account.dialect && one.server === account.server;

export function isFavourite(all: Favourite[], account: AccountView, person: Person): boolean {
  return all.some((one) => isOf(one, account) && one.person === person.id);
}

/** With that person in it or, if they were, without; `null`: there is no room. */
export function toggled(all: Favourite[], account: AccountView, person: Person): Favourite[] | null {
  const without = all.filter((one) => !isOf(one, account) || one.person !== person.id);
  if (without.length < all.length) return without;
  if (all.length >= MOST_FAVOURITES) return null;
  return [...all, { dialect: account.dialect, server: account.server, person: person.id, name: kept(person.name) }];
}

/** A name as settings keep it: without what is no letter to read, and not endless. */
function kept(name: string): string {
  return [...name.replace(/\p{Cc}+/gu, ' ').trim()].slice(0, LONGEST_NAME).join('');
}

export interface Found {
  favourite: Favourite;
  /** `null`: not signed in there. */
  account: AccountView | null;
  /** `null`: in no list that is known now. */
  contact: Contact | null;
  person: Person;
}

/** Each favourite with where it can be called from now. */
export function found(all: Favourite[], accounts: AccountView[]): Found[] {
  return all.slice(0, MOST_FAVOURITES).map((favourite) => {
    const account = accounts.find((one) => isOf(favourite, one)) ?? null;
    const lines = account?.contacts.filter((line) => line.person.id === favourite.person) ?? [];
    const contact = lines.find((line) => line.video || line.voice) ?? lines[0] ?? null;
    return {
      favourite,
      account,
      contact,
      person: contact?.person ?? { id: favourite.person, name: favourite.name, avatar: null },
    };
  });
}

/** Favourites first, everybody else as they were. */
export function favouritesFirst(contacts: Contact[], all: Favourite[], account: AccountView): Contact[] {
  const chosen = (one: Contact) => isFavourite(all, account, one.person);
  return [...contacts.filter(chosen), ...contacts.filter((one) => !chosen(one))];
}
