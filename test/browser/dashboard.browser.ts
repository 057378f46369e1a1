import { beforeAll, expect, test } from '@jest/globals';
import { one, synthesize } from '../cdk/kit.ts';
import { launchBrowser } from './browser.ts';
import { alarmsOf, widgetsOf, type AlarmHistory, type Widget } from './dashboard/cloudwatch.ts';
import { drawDashboard } from './dashboard/draw.ts';
import { playTwelveHours, type Played } from './dashboard/twelve-hours.ts';

/**
 * The dashboard and the alarms of the template, on what the functions measured in twelve hours of the local stack's
 * clock: WeChat out of order from 6:48 to 8:12, the token of one account revoked every two and a half minutes from 10:00 to 11:00.
 */
const stage = 'prod';
const template = synthesize({ region: 'us-east-1', stage });

let played: Played;
let widgets: Widget[];
let alarms: readonly AlarmHistory[];

beforeAll(async () => {
  played = await playTwelveHours({ stage, apiId: one(template, 'AWS::ApiGatewayV2::Api')[0] });
  widgets = widgetsOf(template, played.store, played.span);
  alarms = alarmsOf(template, played.store, played.span);
  // Two minutes on a quiet machine: only a hang takes an hour.
}, 3_600_000);

/** When an alarm rang, in hours since the start. */
function rang(name: string): { from: number; to: number }[] {
  const { from: start } = played.span;
  const alarm = alarms.find((each) => each.name === name);
  if (!alarm) throw new Error(`There is no alarm ${name}.`);
  return alarm.rang.map(({ from, to }) => ({
    from: (from - start) / 3600,
    to: (to - start) / 3600,
  }));
}

test('an outage of WeChat rings where a token comes to its end meanwhile, and is over with it', () => {
  for (const name of ['RefreshesFail', 'TokenRunningOut']) {
    const [first, ...others] = rang(name);
    expect(others).toEqual([]);
    expect(first?.from).toBeGreaterThan(7.3);
    expect(first?.from).toBeLessThan(8);
    expect(first?.to).toBeGreaterThan(8.1);
    expect(first?.to).toBeLessThan(8.6);
  }
});

test('logins that fail ring, and so do answers with 5xx', () => {
  for (const name of ['LoginsFail', 'ApiFails']) {
    expect(rang(name)).toHaveLength(1);
    expect(rang(name)[0]?.from).toBeGreaterThan(6.8);
    expect(rang(name)[0]?.to).toBeLessThan(9);
  }
});

test('tokens that are replaced again and again ring before the budget is spent', () => {
  expect(rang('MintBudgetLow')).toHaveLength(1);
  expect(rang('MintBudgetLow')[0]?.from).toBeGreaterThan(10);
  expect(rang('MintBudgetLow')[0]?.from).toBeLessThan(11.2);
});

test('nothing else rings', () => {
  for (const name of [
    'SweepMissing',
    'ApiSlow',
    'RefreshDeadLetters',
    'PushDeadLetters',
    'DetailsDeadLetters',
    'PushesWait',
    'DetailsWait',
    'BackgroundFails',
    'SyncStuck',
  ]) {
    expect([name, rang(name)]).toEqual([name, []]);
  }
});

test('each graph of what the functions measure has data', () => {
  const empty = widgets.flatMap((widget) =>
    widget.type === 'metric' &&
    !widget.lines.some(({ points }) => points.some(({ value }) => value !== undefined))
      ? [widget.title]
      : [],
  );
  // AWS measures these, and the local stack does not.
  expect(empty).toEqual([
    'Dead letters and background faults · 死信与后台函数故障',
    'Age of the oldest message, in seconds · 最旧的消息已等多久',
  ]);
});

const screenshots = process.env['KEYRING_SCREENSHOTS'] === '1' ? test : test.skip;

screenshots('the picture for the runbook', async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1546, height: 1000 }, deviceScaleFactor: 1 });
    await page.setContent(drawDashboard(widgets, alarms, played.span));
    await page.screenshot({ path: 'docs/images/dashboard.png', fullPage: true });
  } finally {
    await browser.close();
  }
});
