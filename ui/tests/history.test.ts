import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { HistoryFilter, Person } from '../src/generated/bindings';
import { STATES } from '../src/host/fake';
import { TARIQ } from '../src/host/fake/backends';
import { ADA } from '../src/host/fake/people';
import type { FakeState } from '../src/host/fake/state';
import { daysOf, midnight } from '../src/model/history';
import { UNDO_MS } from '../src/model/records.svelte';
import { draw, lastOf } from './drawn';

async function history(state: string) {
  const drawn = await draw(state);
  await drawn.user.click(screen.getByTestId('history-tab'));
  return drawn;
}
const rows = () => screen.findAllByTestId('history-row');
const filterOf = (host: Parameters<typeof lastOf>[0]) => lastOf(host, 'history')?.[0] as HistoryFilter;

/** A state of a test's own. */
function made(from: string, over: Partial<FakeState>): string {
  const name = `made-${Math.random()}`;
  STATES[name] = { ...STATES[from]!, ...over };
  onTestFinished(() => void Reflect.deleteProperty(STATES, name));
  return name;
}

describe('the calls', () => {
  it('fall into days', async () => {
    await history('accounts');
    await rows();

    const days = screen.getAllByTestId('history-day').map((day) => day.textContent);
    expect(days[0]).toBe('Today');
    expect(days.length).toBeGreaterThan(2);
    expect(new Set(days).size).toBe(days.length);
  });

  it('name everybody of a call of several, and call them back together', async () => {
    const { host, user } = await history('therapist');
    const [first] = await rows();
    const row = within(first!);
    const plain = (one: HTMLElement) =>
      one.textContent
        ?.replace(/[\u2068\u2069]/g, '')
        .replace(/\s+/g, ' ')
        .trim();

    expect(plain(row.getByTestId('history-open'))).toContain('Omar Farouk and 2 others');
    await user.click(row.getByTestId('history-open'));
    expect(plain(row.getByTestId('history-people'))).toBe('Omar Farouk, Amira Haddad, ليلى حداد');
    await user.click(row.getByTestId('history-call'));
    const [account, people, kind] = lastOf(host, 'callPeople') as [number, Person[], string];
    expect([account, people.map(({ name }) => name), kind]).toEqual([
      expect.any(Number),
      ['Omar Farouk', 'Amira Haddad', 'ليلى حداد'],
      'video',
    ]);
    expect(lastOf(host, 'dial')).toBeUndefined();
  });

  it('are narrowed to missed ones, and to all again', async () => {
    const { host, user } = await history('accounts');
    await rows();

    await user.click(screen.getByTestId('history-missed'));
    await waitFor(() => expect(filterOf(host)).toEqual({ missed: true }));
    await waitFor(() => {
      for (const row of screen.getAllByTestId('history-row')) expect(row.dataset['outcome']).toBe('missed');
    });
    await user.click(screen.getByTestId('history-all'));
    await waitFor(() => expect(filterOf(host)).toEqual({}));
  });

  it('are narrowed by service and account, told in chips that can be taken off', async () => {
    const { host, user } = await history('accounts');
    await rows();

    await user.click(screen.getByTestId('history-narrow'));
    await user.selectOptions(screen.getByTestId('history-backend'), 'dealerdesk');
    await waitFor(() => expect(filterOf(host)).toEqual({ dialect: 'dealerdesk' }));
    await user.selectOptions(screen.getByTestId('history-account'), '2');
    await waitFor(() => expect(filterOf(host)).toEqual({ dialect: 'dealerdesk', account: 2 }));
    expect(screen.getAllByTestId('history-chip')).toHaveLength(2);
    await user.click(within(screen.getAllByTestId('history-chip')[0]!).getByRole('button'));
    await waitFor(() => expect(filterOf(host)).toEqual({ dialect: 'dealerdesk' }));
    await user.click(screen.getByTestId('history-clear'));
    await waitFor(() => expect(filterOf(host)).toEqual({}));
    expect(screen.queryByTestId('history-chip')).toBeNull();
  });

  it('are narrowed by days of this computer, both included', async () => {
    const { host, user } = await history('seller');
    await rows();

    await user.click(screen.getByTestId('history-narrow'));
    expect(screen.queryByTestId('history-from')).toBeNull();
    await user.click(screen.getByTestId('history-span-own'));
    await fireEvent.input(screen.getByTestId('history-from'), { target: { value: '2024-03-01' } });
    await fireEvent.input(screen.getByTestId('history-until'), { target: { value: '2024-03-02' } });

    const wanted = { from: new Date(2024, 2, 1).toISOString(), until: new Date(2024, 2, 3).toISOString() };
    await waitFor(() => expect(filterOf(host)).toEqual(wanted));
    await screen.findByText('No matching calls');
    await fireEvent.input(screen.getByTestId('history-until'), { target: { value: '2024-02-01' } });
    expect((await screen.findByTestId('history-backwards')).textContent).toBe('The start date is after the end date.');
  });

  it('are narrowed by days that have a name, and no field shows a day that is not looked for', async () => {
    const { host, user } = await history('seller');
    await rows();

    await user.click(screen.getByTestId('history-narrow'));
    expect(screen.getByTestId('history-span-any').getAttribute('aria-pressed')).toBe('true');
    await user.click(screen.getByTestId('history-span-week'));
    const week = { from: midnight(daysOf('week').from)!.toISOString() };
    await waitFor(() => expect(filterOf(host)).toEqual(week));
    expect(screen.getByTestId('history-chip').textContent).toContain('Last 7 days');
    expect(screen.queryByTestId('history-from')).toBeNull();

    // By hand, from what was chosen.
    await user.click(screen.getByTestId('history-span-own'));
    expect((screen.getByTestId('history-from') as HTMLInputElement).value).toBe(daysOf('week').from);
    expect((screen.getByTestId('history-until') as HTMLInputElement).value).toBe(daysOf('own').until);
    await user.click(screen.getByTestId('history-span-any'));
    await waitFor(() => expect(filterOf(host)).toEqual({}));
  });

  it('show all there is to know of one, and all with that person', async () => {
    const { host, user } = await history('accounts');
    const [first] = (await rows()).filter((row) => row.textContent?.includes(ADA.name));

    await user.click(within(first!).getByTestId('history-open'));
    const details = within(first!).getByTestId('history-details');
    for (const words of ['When', 'Outgoing', 'Video call', '12 minutes 34 seconds', 'Order #1042'])
      expect(details.textContent).toContain(words);
    await user.click(within(details).getByTestId('history-only'));
    await waitFor(() => expect(filterOf(host)).toEqual({ dialect: 'storefront', person: ADA.id }));
    await waitFor(() => {
      for (const row of screen.getAllByTestId('history-row')) expect(row.textContent).toContain(ADA.name);
    });
    expect(screen.getByTestId('history-chip').textContent).toContain(`With ${ADA.name}`);
  });

  it('can be called back by voice and by video, also with somebody who is in no list any more', async () => {
    const { host, user } = await history('dealer');
    const row = (await rows()).find((one) => one.textContent?.includes('Svetlana Orlova'))!;

    await user.click(within(row).getByTestId('history-open'));
    expect(within(row).getByTestId('history-gone').textContent).toBe('No longer in your contacts');
    await user.click(within(row).getByTestId('history-voice'));
    expect(lastOf(host, 'dial')?.slice(0, 3)).toEqual([2, { id: 't9', name: 'Svetlana Orlova', avatar: null }, 'voice']);
    const known = (await rows()).find((one) => one.textContent?.includes(TARIQ.name))!;
    await user.click(within(known).getByTestId('history-open'));
    expect(within(known).queryByTestId('history-gone')).toBeNull();
    await user.click(within(known).getByTestId('history-video'));
    expect(lastOf(host, 'dial')?.[2]).toBe('video');
  });

  it('are gone through by keyboard', async () => {
    const { host, user } = await history('seller');
    await rows();
    const opens = () => screen.getAllByTestId('history-open');

    opens()[0]!.focus();
    await user.keyboard('{ArrowDown}{ArrowDown}{ArrowUp}');
    expect(document.activeElement).toBe(opens()[1]);
    await user.keyboard('{Enter}');
    expect(within(screen.getAllByTestId('history-row')[1]!).getByTestId('history-details')).toBeTruthy();
    await user.keyboard('{End}');
    expect(document.activeElement).toBe(opens().at(-1));
    await user.keyboard('{Home}{Delete}');
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId('history-undo')));
    await user.keyboard('{Enter}');
    await waitFor(() => expect(screen.queryByTestId('history-undo')).toBeNull());
    expect(document.activeElement).toBe(opens()[0]);
    expect(lastOf(host, 'deleteRecord')).toBeUndefined();
  });

  it('are deleted when nobody brings them back', async () => {
    const { host, user } = await history('seller');
    const before = (await rows()).length;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());

    screen.getAllByTestId('history-open')[0]!.focus();
    await fireEvent.keyDown(document.activeElement!, { key: 'Delete' });
    expect(lastOf(host, 'deleteRecord')).toBeUndefined();
    await vi.advanceTimersByTimeAsync(UNDO_MS + 10);
    vi.useRealTimers();

    expect(lastOf(host, 'deleteRecord')).toEqual([1001]);
    await waitFor(() => expect(screen.getAllByTestId('history-row')).toHaveLength(before - 1));
    expect(user).toBeTruthy();
  });

  it('are deleted at once when the view is left, and stay when that fails', async () => {
    const { host, user, session } = await history(made('seller', { failing: { deleteRecord: 'the disk is full' } }));
    await rows();

    screen.getAllByTestId('history-open')[1]!.focus();
    await user.keyboard('{Delete}');
    await user.click(screen.getByTestId('people-tab'));

    expect(lastOf(host, 'deleteRecord')).toEqual([1002]);
    await waitFor(() => expect(session.toasts.map((one) => one.text)).toEqual(['The disk is full.']));
    await user.click(screen.getByTestId('history-tab'));
    expect(await rows()).toHaveLength(6);
  });

  it('go into a file that is shown on request', async () => {
    const { host, user } = await history('seller');
    await rows();
    await user.click(screen.getByTestId('history-missed'));

    await user.click(screen.getByTestId('history-export'));
    expect(document.activeElement).toBe(screen.getByTestId('history-export-csv'));
    await user.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(screen.getByTestId('history-export-json'));
    await user.click(screen.getByTestId('history-export-csv'));

    expect(lastOf(host, 'exportHistory')).toEqual([{ missed: true }, 'csv']);
    expect((await screen.findByTestId('toast')).textContent).toContain('Saved to Downloads');
    await user.click(screen.getByTestId('toast-action'));
    expect(lastOf(host, 'showExported')).toEqual(['/home/mara/Downloads/bellwire-calls.csv']);
  });

  it('say why no file was made', async () => {
    const { user } = await history(made('seller', { failing: { exportHistory: '' } }));
    await rows();

    await user.click(screen.getByTestId('history-export'));
    await user.click(screen.getByTestId('history-export-json'));

    expect((await screen.findByTestId('toast')).textContent).toContain('The calls couldn’t be exported.');
    expect(screen.queryByTestId('toast-action')).toBeNull();
  });

  it('keep what was read on when a call has ended', async () => {
    const { host, user } = await history('connected');
    await rows();
    await user.click(screen.getByTestId('history-more'));
    await waitFor(() => expect(screen.getAllByTestId('history-row')).toHaveLength(12));
    const asked = host.said.filter(([name]) => name === 'history').length;

    await host.hangUp(7);

    await waitFor(() => expect(host.said.filter(([name]) => name === 'history').length).toBe(asked + 1));
    expect(lastOf(host, 'history')?.[1]).toBe(1);
    expect(screen.getAllByTestId('history-row')).toHaveLength(12);
  });
});

describe('missed calls', () => {
  it('are counted on the tab and in the title until somebody looks', async () => {
    const { host, user } = await draw(made('seller', { desktop: { missed: 3 } }));

    await waitFor(() =>
      expect(within(screen.getByTestId('history-tab')).getByTestId('badge').textContent).toBe('33 missed calls'),
    );
    await waitFor(() => expect(document.title).toBe('(3) Bellwire'));
    expect(lastOf(host, 'missedSeen')).toBeUndefined();
    await user.click(screen.getByTestId('history-tab'));

    await waitFor(() => expect(lastOf(host, 'missedSeen')).toEqual([]));
    await waitFor(() => expect(within(screen.getByTestId('history-tab')).queryByTestId('badge')).toBeNull());
    await waitFor(() => expect(document.title).toBe('Bellwire'));
  });

  it('stay unseen while a call covers the list', async () => {
    const { host } = await draw(made('connected', { desktop: { missed: 1 } }));
    await fireEvent.click(screen.getByTestId('history-tab'));
    await rows();

    expect(lastOf(host, 'missedSeen')).toBeUndefined();
    await host.hangUp(7);
    await fireEvent.click(await screen.findByTestId('ended-close'));
    await waitFor(() => expect(lastOf(host, 'missedSeen')).toEqual([]));
  });
});

describe('the figures of a seller', () => {
  const open = async (state: string) => {
    const drawn = await history(state);
    await drawn.user.click(screen.getByTestId('history-figures'));
    return drawn;
  };

  it('are numbers and bars that are said in words too', async () => {
    await open('seller');

    expect((await screen.findByTestId('figures-total')).textContent).toBe('128');
    expect(screen.getByTestId('figures-acceptance').textContent).toBe('71.1%');
    const chart = within(screen.getByTestId('figures-types')).getByRole('img');
    expect(chart.getAttribute('aria-label')).toBe('By reason: General questions: 76, 59%; Orders: 40, 31%; Sales: 12, 9%');
    const widths = within(chart)
      .getAllByTestId('bar')
      .map((bar) => Number(bar.getAttribute('width')));
    expect(widths[0]).toBe(1000);
    expect(widths[1]).toBeCloseTo((40 / 76) * 1000);
  });

  it('can be read as a table', async () => {
    const { user } = await open('seller');

    await user.click(await screen.findByTestId('figures-table'));

    const cells = within(screen.getByTestId('figures-statuses'))
      .getAllByRole('row')
      .map((row) => [...row.children].map((cell) => cell.textContent));
    expect(cells).toEqual([
      ['Name', 'Calls', 'Share'],
      ['Completed', '88', '69%'],
      ['Missed', '23', '18%'],
      ['Declined', '14', '11%'],
      ['Failed', '3', '2%'],
    ]);
  });

  it('say when there are none, when they are late and why they did not come', async () => {
    const none = {
      total: 0,
      accepted: 0,
      declined: 0,
      ended: 0,
      average_duration_s: 0,
      acceptance_rate: '0',
      completion_rate: '0',
      by_type: {},
      by_status: {},
    };
    await open(made('seller', { analytics: none }));
    expect(await screen.findByText('No reports yet')).toBeTruthy();
  });

  it('wait', async () => {
    await open(made('seller', { hanging: 'analytics' }));
    expect(await screen.findByText('Loading reports…')).toBeTruthy();
  });

  it('are asked for again after a failure', async () => {
    const { host, user } = await open(made('seller', { failing: { analytics: 'the server took too long' } }));
    expect(await screen.findByText('The reports couldn’t be loaded')).toBeTruthy();
    const asked = () => host.said.filter(([name]) => name === 'analytics').length;
    const before = asked();

    await user.click(screen.getByRole('button', { name: 'Try again' }));

    expect(asked()).toBe(before + 1);
  });

  it('are not offered where no backend keeps any', async () => {
    await history('dealer');
    await rows();
    expect(screen.queryByTestId('history-figures')).toBeNull();
  });
});
