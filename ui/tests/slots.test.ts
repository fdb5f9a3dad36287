import { screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import type { AccountView, EngineView } from '../src/generated/bindings';
import { NADIA, OMAR, practitioner } from '../src/host/fake/backends';
import { arrivals } from '../src/model/arrivals';
import { aboutOf, kindOf, titled } from '../src/model/kinds';
import { remember } from '../src/model/quick';
import { wallNow } from '../src/model/wallclock';
import { language } from '../src/text/text';
import { draw, lastOf } from './drawn';

const rows = () => screen.findAllByTestId('slot-row');
const row = async (id: string) => (await rows()).find((one) => one.dataset['slot'] === id)!;
const join = (of: HTMLElement) => within(of).getByTestId<HTMLButtonElement>('slot-join');

describe('a practitioner', () => {
  it('sees who waits before everything else, and admits them', async () => {
    const { host, user } = await draw('clinic');

    const first = (await rows())[0]!;
    expect(screen.getByTestId('slots-waiting').contains(first)).toBe(true);
    expect(first.textContent).toContain('Nadia Rahman');
    expect(within(first).getByTestId('slot-mark').textContent).toBe('Patient is waiting');
    expect(within(screen.getByTestId('people-tab')).getByTestId('badge').textContent).toContain('1 person is waiting');
    await user.click(within(first).getByRole('button', { name: 'Admit Nadia Rahman' }));

    expect(lastOf(host, 'dial')).toEqual([5, NADIA, 'video', { id: 'a1', label: 'Follow-up' }]);
    expect((await screen.findByTestId('call-state')).textContent).toBe('Waiting');
  });

  it('has today first, then the other days by name', async () => {
    await draw('clinic');
    await rows();

    const titles = screen.getAllByRole('heading', { level: 2 }).map((one) => one.textContent);
    expect(titles[0]).toBe('Waiting for you');
    expect(titles.indexOf('Today')).toBeLessThan(titles.indexOf('Tomorrow'));
    expect(titles).toHaveLength(4);
  });

  it('tells confirmed, unconfirmed, ended and cancelled apart', async () => {
    await draw('clinic');

    for (const [id, word] of [
      ['a2', 'Confirmed'],
      ['a3', 'Not confirmed'],
      ['a4', 'Ended'],
      ['a6', 'Cancelled'],
    ] as const) {
      expect(within(await row(id)).getByTestId('slot-mark').textContent).toBe(word);
    }
  });

  it('opens a confirmed room, and joins none that is not confirmed', async () => {
    const { host, user } = await draw('clinic');

    expect(join(await row('a3')).getAttribute('aria-disabled')).toBe('true');
    expect((await row('a3')).textContent).toContain('You can join once it’s confirmed');
    expect(within(await row('a4')).queryByTestId('slot-join')).toBeNull();
    await user.click(within(await row('a2')).getByRole('button', { name: 'Open room for Omar Farouk' }));

    expect(lastOf(host, 'dial')).toEqual([5, OMAR, 'video', { id: 'a2', label: 'First consultation' }]);
  });

  it('is offered no room for those who come in person', async () => {
    await draw('clinic');
    expect((await row('a9')).textContent).toContain('In person');
    expect(within(await row('a9')).queryByTestId('slot-join')).toBeNull();
  });

  it('cannot enter a room while offline', async () => {
    await draw('clinic-offline');
    for (const one of await rows()) {
      const button = within(one).queryByTestId<HTMLButtonElement>('slot-join');
      if (button === null) continue;
      expect(button.getAttribute('aria-disabled')).toBe('true');
      // It can be reached, so that its reason is heard.
      expect(button.disabled).toBe(false);
      button.click();
    }
  });

  it('hears how long somebody waits only where their coming was seen', async () => {
    const { host } = await draw('clinic');
    // In the room since before the program looked: only the time of the appointment is known.
    expect(within(await row('a1')).queryByTestId('slot-waited')).toBeNull();
    expect(within(await row('a1')).getByTestId('slot-due').textContent).toMatch(/^Due \d/);
    expect((await row('a1')).textContent).not.toContain('ago');

    const came = (id: string) =>
      host.push((old) => ({
        ...old,
        accounts: old.accounts.map((one) => ({
          ...one,
          contacts: one.contacts.map((line) =>
            line.id === id && line.slot !== null ? { ...line, slot: { ...line.slot, phase: 'waiting', they_wait: true } } : line,
          ),
        })),
      }));
    came('a2');
    await waitFor(async () => expect(within(await row('a2')).getByTestId('slot-waited').textContent).toMatch(/^Waiting 0:\d\d$/));
    expect(within(await row('a2')).getByTestId('slot-due').textContent).toMatch(/^Due \d/);
  });

  it('is not told a waiting time after a gap in the connection', () => {
    const account = (link: 'online' | 'offline', waiting: boolean) =>
      practitioner({
        link,
        contacts: practitioner()
          .contacts.filter(({ id }) => id === 'a2')
          .map((line) => ({ ...line, slot: { ...line.slot!, they_wait: waiting } })),
      });
    const view = (one: AccountView): EngineView => ({
      accounts: [one],
      phone: { calls: [], microphone: true, camera: true, sharing: false, has_microphone: true, has_camera: true },
      chats: [],
    });
    const [gone, empty, full] = [account('offline', false), account('online', false), account('online', true)].map(view) as [
      EngineView,
      EngineView,
      EngineView,
    ];
    const lines = remember(new Map(), empty.accounts);
    expect([...arrivals(new Map(), empty, lines, full, 7)]).toEqual([['5/a2', 7]]);
    expect([...arrivals(new Map(), gone, lines, full, 7)]).toEqual([]);
    expect([...arrivals(new Map(), null, new Map(), full, 7)]).toEqual([]);
    expect([...arrivals(new Map([['5/a2', 3]]), full, lines, full, 7)]).toEqual([['5/a2', 3]]);
    expect([...arrivals(new Map([['5/a2', 3]]), full, lines, empty, 7)]).toEqual([]);
  });

  it('searches all appointments, and is told what was found', async () => {
    const { host, user } = await draw('clinic');
    await rows();

    const search = screen.getByRole('searchbox', { name: 'Search appointments' });
    await user.type(search, 'omar');
    await waitFor(() => expect(lastOf(host, 'refreshContacts')).toEqual([5, 'omar']));
    // Who waits is shown whatever is searched.
    await waitFor(async () => expect((await rows()).map((one) => one.dataset['slot'])).toEqual(['a1', 'a2']));
    expect(screen.queryByText('No appointments today')).toBeNull();
    expect(screen.getByText(/^2 of \d+$/)).toBeTruthy();
  });

  it('is told when a search finds nothing', async () => {
    const { user } = await draw('clinic-quiet');
    await rows();
    await user.type(screen.getByRole('searchbox', { name: 'Search appointments' }), 'zzz');
    expect(await screen.findByText('No one matches “zzz”')).toBeTruthy();
  });

  it('is told when there is nothing', async () => {
    await draw('clinic-empty');
    expect(await screen.findByText('No appointments')).toBeTruthy();
  });

  it('sees at once that somebody came', async () => {
    const { host } = await draw('clinic-quiet');
    await rows();
    expect(screen.queryByTestId('slots-waiting')).toBeNull();

    host.push((old) => ({
      ...old,
      accounts: old.accounts.map((one) => ({
        ...one,
        contacts: one.contacts.map((line) =>
          line.id === 'a2' && line.slot !== null ? { ...line, slot: { ...line.slot, phase: 'waiting', they_wait: true } } : line,
        ),
      })),
    }));

    expect((await screen.findByTestId('slots-waiting')).textContent).toContain('Omar Farouk');
  });
});

describe('a patient', () => {
  it('joins, and admits nobody', async () => {
    await draw('patient');

    const first = (await rows())[0]!;
    expect(within(first).getByTestId('slot-mark').textContent).toBe('Your practitioner is waiting');
    expect(join(first).textContent).toContain('Join');
    expect(screen.queryByText('Admit')).toBeNull();
    expect(screen.queryByText('Open room')).toBeNull();
    expect(join(await row('a3')).getAttribute('aria-disabled')).toBe('true');
  });
});

describe('sessions', () => {
  it('are listed by what runs, what is planned, and whom one may call', async () => {
    await draw('therapist');
    await rows();

    expect(screen.getAllByRole('heading', { level: 2 }).map((one) => one.textContent)).toEqual([
      'In progress',
      'Upcoming',
      'People',
      'Earlier',
    ]);
    expect((await row('call_1')).textContent).toContain('Evening check-in');
    expect((await row('therapy_1')).textContent).toContain('Group therapy');
    expect((await row('call_1')).textContent).toContain('One-to-one');
    expect((await row('therapy_1')).textContent).toContain('Nadia Rahman, Omar Farouk and 3 others');
  });

  it('have their kinds and missing titles in the reader’s language', () => {
    const { text } = language('de');
    expect(['one_to_one', 'group_therapy', 'Remote', 'Hausbesuch', 'toString'].map((label) => kindOf(label, text))).toEqual([
      'Zu zweit',
      'Gruppentherapie',
      'Online',
      'Hausbesuch',
      'toString',
    ]);
    expect(['Therapy session', 'Group call', 'Schlaf'].map((label) => titled(label, text))).toEqual([
      'Therapiesitzung',
      'Gruppenanruf',
      'Schlaf',
    ]);
    expect(['Group call', 'Schlaf'].map((label) => aboutOf(label, text))).toEqual(['Gruppenanruf', text.ring.about('Schlaf')]);
  });

  it('are joined, and people called by voice or video', async () => {
    const { host, user } = await draw('therapist');

    await user.click(join(await row('call_1')));
    expect(lastOf(host, 'dial')).toEqual([4, OMAR, 'video', { id: 'call_1', label: 'Evening check-in' }]);
    await waitFor(() => expect(screen.getByTestId('call-view').textContent).toContain('Waiting for Omar Farouk to join'));
    await user.click(screen.getByTestId('call-end'));
    await user.click(await screen.findByTestId('ended-close'));
    await user.click(await screen.findByRole('button', { name: 'Voice call Omar Farouk' }));

    expect(lastOf(host, 'dial')).toEqual([4, OMAR, 'voice', null]);
    expect(screen.getByTestId('call-state').textContent).toBe('Calling…');
  });

  it('without a free seat say so, and ask for nothing', async () => {
    await draw('therapist');

    expect(join(await row('call_2')).getAttribute('aria-disabled')).toBe('true');
    expect((await row('call_2')).textContent).toContain('All 3 seats are taken.');
    expect(within(await row('call_2')).getByTestId('slot-mark').textContent).toBe('In progress');
  });

  it('say what is ours in them, what they do without, and that they are recorded', async () => {
    await draw('therapist');

    const facts = async (id: string) => {
      const list = within(await row(id)).queryByTestId('slot-facts');
      return list === null
        ? []
        : within(list)
            .getAllByRole('listitem')
            .map((one) => one.textContent?.trim());
    };
    expect(await facts('therapy_1')).toEqual(['You: Co-therapist', 'Recorded', 'No screen sharing']);
    expect(await facts('therapy_2')).toEqual(['You: Therapist']);
    expect(await facts('call_2')).toEqual([]);
    expect(await facts('call_1')).toEqual([]);
  });

  it('leave people to call when none is planned', async () => {
    await draw('therapist-quiet');
    expect(await screen.findAllByTestId('contact-row')).toHaveLength(9);
    expect(screen.queryByTestId('slot-row')).toBeNull();
  });

  it('and people may both be missing', async () => {
    await draw('therapist-empty');
    expect(await screen.findByText('No sessions and no one to call yet')).toBeTruthy();
  });
});

describe('a room long before its time', () => {
  const later = async () => {
    await screen.findAllByTestId('slot-row');
    const rows = screen.getAllByTestId('slot-row');
    return rows.map((row) => within(row).queryByTestId('slot-join')).filter((one) => one !== null);
  };

  it('is opened after a question', async () => {
    const { host, user } = await draw('clinic');
    const soon = (days: number) => new Date(wallNow().getTime() + days * 86_400_000).toISOString();
    const become = (starts_at: string) =>
      host.push((view) => ({
        ...view,
        accounts: view.accounts.map((one) => ({
          ...one,
          contacts: one.contacts.slice(0, 1).map((line) => ({
            ...line,
            video: true,
            slot: { ...line.slot!, starts_at, phase: 'upcoming' as const, they_wait: false },
          })),
        })),
      }));

    become(soon(3));
    await waitFor(async () => expect(await later()).toHaveLength(1));
    await user.click((await later())[0]!);
    expect((await screen.findByTestId('question')).textContent).toContain('Open the room early?');
    expect(lastOf(host, 'dial')).toBeUndefined();
    await user.click(screen.getByTestId('question-no'));
    expect(lastOf(host, 'dial')).toBeUndefined();
    await user.click((await later())[0]!);
    await user.click(await screen.findByTestId('question-yes'));
    expect(lastOf(host, 'dial')).toBeDefined();
  });

  it('needs none when it is soon', async () => {
    const { host, user } = await draw('clinic');
    host.push((view) => ({
      ...view,
      accounts: view.accounts.map((one) => ({
        ...one,
        contacts: one.contacts.slice(0, 1).map((line) => ({
          ...line,
          video: true,
          slot: {
            ...line.slot!,
            starts_at: new Date(wallNow().getTime() + 3_600_000).toISOString(),
            phase: 'upcoming' as const,
            they_wait: false,
          },
        })),
      })),
    }));
    await waitFor(async () => expect(await later()).toHaveLength(1));
    await user.click((await later())[0]!);
    expect(lastOf(host, 'dial')).toBeDefined();
    expect(screen.queryByTestId('question')).toBeNull();
  });
});
