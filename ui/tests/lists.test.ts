// Lists at work size: who is online, the last call, the search, and the keys.

import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import type { Contact } from '../src/generated/bindings';
import { dealer, TARIQ } from '../src/host/fake/backends';
import { ADA, LEILA, person, plain, seller } from '../src/host/fake/people';
import { callable, matching, onlyMatch, remember } from '../src/model/quick';
import { draw, lastOf } from './drawn';

const rows = () => screen.getAllByTestId('contact-row').map((one) => one.dataset['person']);
const row = (id: string) => screen.getAllByTestId('contact-row').find((one) => one.dataset['person'] === id)!;
const focused = () => (document.activeElement as HTMLElement | null)?.dataset['testid'] ?? document.activeElement?.className;

describe('a list of people', () => {
  it('begins with who is online, favourites first among them', async () => {
    await draw('seller');
    await screen.findByTestId('online-now');
    expect(screen.getByTestId('online-now').textContent).toBe('Online now 3');
    expect(rows()).toEqual(['c1', 'c2', 'c5', 'c3', 'c4', 'c6']);
  });

  it('has no groups where nobody can be seen to be online', async () => {
    await draw('seller-offline');
    await screen.findAllByTestId('contact-row');
    expect(screen.queryByTestId('online-now')).toBeNull();
    expect(rows()).toEqual(['c1', 'c2', 'c3', 'c4', 'c5', 'c6']);
  });

  it('keeps places while the focus is in it, and gives them anew afterwards', async () => {
    const { host } = await draw('seller');
    const call = within(row('c4')).getByTestId('contact-call');
    call.focus();
    const online = (one: Contact) => (one.id === 'c4' ? { ...one, online: true } : one);
    host.push((view) => ({ ...view, accounts: view.accounts.map((one) => ({ ...one, contacts: one.contacts.map(online) })) }));
    await waitFor(() => expect(row('c4').textContent).toContain('online'));
    expect(rows().indexOf('c4')).toBe(4);
    expect(document.activeElement).toBe(call);

    call.blur();
    await waitFor(() => expect(rows()).toEqual(['c1', 'c2', 'c4', 'c5', 'c3', 'c6']));
  });

  it('says when the last call was, and marks a missed one', async () => {
    const { host } = await draw('seller');
    await waitFor(() => expect(screen.getAllByTestId('last-call')).toHaveLength(3));
    expect(within(row('c2')).getByTestId('last-call').dataset['outcome']).toBe('missed');
    expect(within(row('c2')).getByTestId('last-call').textContent).toMatch(/Last call:\s*Missed, /);
    expect(within(row('c1')).getByTestId('last-call').dataset['outcome']).toBe('outgoing');
    // From this computer alone.
    expect(host.said.some(([name]) => name === 'history')).toBe(false);
  });

  it('does without where the log cannot be read', async () => {
    await draw('recent-error');
    await screen.findAllByTestId('contact-row');
    expect(screen.queryByTestId('last-call')).toBeNull();
  });

  it('counts what was found of all, and Enter calls the only one', async () => {
    const { host, user } = await draw('seller');
    const field = screen.getByTestId('contact-search');

    await user.type(field, 'example');
    await waitFor(() => expect(screen.getByTestId('list-count').textContent).toBe('5 of 6'));
    await user.keyboard('{Enter}');
    await user.clear(field);
    await user.type(field, 'leila');
    await waitFor(() => expect(screen.getByTestId('list-count').textContent).toBe('1 of 6 · Press Enter to call'));
    expect(lastOf(host, 'dial')).toBeUndefined();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(lastOf(host, 'dial')).toEqual([1, LEILA, 'video', null]));
  });

  it('is one stop for Tab; arrow keys move in it', async () => {
    const { user } = await draw('seller');
    screen.getByTestId('contact-search').focus();
    await user.tab();
    expect(row('c1').contains(document.activeElement)).toBe(true);
    await user.keyboard('{ArrowRight}{ArrowRight}');
    expect(focused()).toBe('contact-call');
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(within(row('c2')).getByTestId('contact-call'));
    await user.keyboard('{End}');
    expect(document.activeElement).toBe(within(row('c6')).getByTestId('contact-call'));
    await user.keyboard('{ArrowLeft}');
    expect(focused()).toBe('star');
    await user.tab();
    expect(screen.getAllByTestId('contact-row').some((one) => one.contains(document.activeElement))).toBe(false);
    await user.tab({ shift: true });
    expect(document.activeElement).toBe(within(row('c6')).getAllByTestId('star')[0]);
  });

  it('has its search at Ctrl+F', async () => {
    const { user } = await draw('seller');
    await user.keyboard('{Control>}f{/Control}');
    expect(focused()).toBe('contact-search');
  });
});

describe('a quick call', () => {
  const open = () => fireEvent.keyDown(document.body, { key: 'k', code: 'KeyK', ctrlKey: true });

  it('finds people of all accounts by a few letters, and Enter calls', async () => {
    const { host, user } = await draw('favourites');
    await open();
    await waitFor(() => expect(focused()).toBe('quick-search'));
    expect(screen.getAllByTestId('quick-person').length).toBeGreaterThan(6);

    await user.keyboard('tar');
    await waitFor(() => expect(screen.getAllByTestId('quick-person')).toHaveLength(1));
    expect(screen.getByTestId('quick-person').textContent).toContain('Tariq Aziz');
    await user.keyboard('{Enter}');
    expect(lastOf(host, 'dial')?.slice(0, 2)).toEqual([dealer().id, TARIQ]);
    await waitFor(() => expect(screen.queryByTestId('quick-call')).toBeNull());
  });

  it('is led by arrow keys, and Escape gives the focus back', async () => {
    const { host, user } = await draw('seller');
    screen.getByTestId('contact-search').focus();
    await open();
    await waitFor(() => expect(focused()).toBe('quick-search'));
    const chosen = () => screen.getAllByTestId('quick-person').findIndex((one) => one.getAttribute('aria-selected') === 'true');
    expect(chosen()).toBe(0);
    await user.keyboard('{ArrowDown}{ArrowDown}{ArrowUp}');
    expect(chosen()).toBe(1);
    expect(document.activeElement?.getAttribute('aria-activedescendant')).toBe(screen.getAllByTestId('quick-person')[1]!.id);
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('quick-call')).toBeNull());
    expect(focused()).toBe('contact-search');
    expect(lastOf(host, 'dial')).toBeUndefined();
  });

  it('dials nothing during a call, and says why', async () => {
    const { host, user } = await draw('connected');
    await open();
    await screen.findByTestId('quick-busy');
    await user.keyboard('ada{Enter}');
    expect(lastOf(host, 'dial')).toBeUndefined();
  });

  it('ranks names before what else is said, and who is online before others', () => {
    const line = (id: string, name: string, over: Partial<Contact> = {}) => plain(person(id, name), over);
    const account = seller({
      contacts: [
        line('1', 'Zoë Berg', { detail: 'berta@example.com' }),
        line('2', 'Otto Berta'),
        line('3', 'Berta Zoll'),
        line('4', 'Bertram', { online: true }),
        line('5', 'Ada', { video: false }),
      ],
    });
    const all = callable(remember(new Map(), [account]), [account]);
    expect(matching(all, 'bert', () => '').map(({ contact }) => contact.id)).toEqual(['4', '3', '2', '1']);
    expect(matching(all, 'zoe', () => '').map(({ contact }) => contact.id)).toEqual(['1']);
    expect(all.some(({ contact }) => contact.id === '5')).toBe(false);
  });

  it('still knows who is hidden by a search, but not whether they are there', () => {
    const whole = seller();
    const known = remember(remember(new Map(), [whole]), [{ ...whole, contacts: whole.contacts.slice(0, 1) }]);
    const all = callable(known, [{ ...whole, contacts: whole.contacts.slice(0, 1) }]);
    expect(all.map(({ contact }) => contact.person.id)).toEqual(['c1', 'c2', 'c3', 'c4', 'c5', 'c6']);
    expect(all.filter(({ online }) => online).map(({ contact }) => contact.person.id)).toEqual(['c1']);
  });

  it('takes no line for the only one that the letters do not name', () => {
    expect(onlyMatch(seller(), 'ada')?.person).toEqual(ADA);
    expect(onlyMatch(seller(), 'example')).toBeNull();
    expect(onlyMatch(seller({ link: 'offline' }), 'ada')).toBeNull();
    expect(onlyMatch(seller({ contacts: seller().contacts.slice(0, 1) }), 'leila')).toBeNull();
  });
});
