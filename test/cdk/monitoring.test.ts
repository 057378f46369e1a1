import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { metricNamespace, metricTable } from '../../shared/platform/metrics.ts';
import { ofType, one, synthesize, type Synthesized } from './kit.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const made = synthesize({ region: 'us-east-1' });

const alarmSchema = z.object({
  AlarmDescription: z.string().max(1024),
  AlarmActions: z.array(z.object({ Ref: z.string() })),
  OKActions: z.array(z.object({ Ref: z.string() })),
  TreatMissingData: z.string(),
  Threshold: z.number(),
  ComparisonOperator: z.string(),
  EvaluationPeriods: z.number(),
  MetricName: z.string().optional(),
  Metrics: z.array(z.object({ Id: z.string() }).loose()).optional(),
});

/** Every alarm by its name in the stack: `TokenRunningOut`. */
function alarmsOf(from: Synthesized): Map<string, z.infer<typeof alarmSchema>> {
  return new Map(
    ofType(from, 'AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [
      id.replace(/^Monitoring(.*)[0-9A-F]{8}$/, '$1'),
      alarmSchema.parse(Properties),
    ]),
  );
}

/** As Git hosts make the anchor of a heading. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

describe('the alarms', () => {
  const alarms = alarmsOf(made);

  test('are there for each thing that has to be known', () => {
    expect([...alarms.keys()].toSorted()).toEqual([
      'ApiFails',
      'ApiSlow',
      'BackgroundFails',
      'DetailsDeadLetters',
      'LoginsFail',
      'MintBudgetLow',
      'PushDeadLetters',
      'RefreshDeadLetters',
      'RefreshesFail',
      'SweepMissing',
      'SyncStuck',
      'TokenRunningOut',
    ]);
  });

  test.each([...alarms])('%s says where its section of the runbook is', (_, { AlarmDescription }) => {
    const [, anchor] = /What to do: docs\/runbook\.md#(\S+)$/.exec(AlarmDescription) ?? [];
    expect(anchorsOf(runbook)).toContain(anchor);
  });

  test('have a section each, which says what users notice, what to do and when it is over', () => {
    const linked = [...alarms.values()].map(({ AlarmDescription }) => AlarmDescription.split('#')[1]);
    const ofAlarms = [...sections].filter(([, text]) => text.includes('**What it means.**'));
    expect(ofAlarms.map(([heading]) => anchorsOf(`# ${heading}`)[0]).toSorted()).toEqual(linked.toSorted());
    for (const [, text] of ofAlarms) {
      for (const part of ['What users notice', 'Where to look', 'What to do', 'When it is over']) {
        expect(text).toContain(`**${part}.**`);
      }
    }
  });

  test('link to where the deployer keeps the runbook', () => {
    const runbookUrl = 'https://git.example.com/keyring/docs/runbook.md';
    for (const [, { AlarmDescription }] of alarmsOf(synthesize({ region: 'us-east-1', runbookUrl }))) {
      expect(AlarmDescription).toContain(`What to do: ${runbookUrl}#`);
    }
  });

  test('go to the topic when they ring and when they are over', () => {
    const [topic] = one(made, 'AWS::SNS::Topic');
    for (const { AlarmActions, OKActions } of alarms.values()) {
      expect([AlarmActions, OKActions]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
    }
  });

  test('ring where the sweep is silent, and stay as they are where only it could tell', () => {
    expect(alarms.get('SweepMissing')?.TreatMissingData).toBe('breaching');
    for (const name of ['TokenRunningOut', 'RefreshesFail', 'MintBudgetLow']) {
      expect(alarms.get(name)?.TreatMissingData).toBe('ignore');
    }
  });

  test('take no more metrics than CloudWatch allows', () => {
    for (const { Metrics = [] } of alarms.values()) expect(Metrics.length).toBeLessThanOrEqual(10);
  });
});

describe('the topic', () => {
  test('lets the alarms of this AWS account publish, and CloudWatch use its key', () => {
    const [key] = one(made, 'AWS::KMS::Key', 'AlarmsTopicKey');
    made.template.hasResourceProperties('AWS::SNS::Topic', {
      KmsMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] },
    });
    expect(JSON.stringify(one(made, 'AWS::KMS::Key', 'AlarmsTopicKey')[1].Properties['KeyPolicy'])).toContain(
      '{"Action":["kms:Decrypt","kms:GenerateDataKey*"],"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"}',
    );
    expect(JSON.stringify(one(made, 'AWS::SNS::TopicPolicy')[1].Properties)).toContain(
      '{"Action":"sns:Publish","Condition":{"StringEquals":{"aws:SourceAccount":{"Ref":"AWS::AccountId"}}},"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"}',
    );
  });
});

/** The text of the dashboard, with a name in place of whatever is known at deployment only. */
function dashboardOf(from: Synthesized): string {
  const [, { Properties }] = one(from, 'AWS::CloudWatch::Dashboard');
  const { DashboardBody } = z
    .object({ DashboardBody: z.object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) }) })
    .parse(Properties);
  return DashboardBody['Fn::Join'][1]
    .map((part) => (typeof part === 'string' ? part : 'known-later'))
    .join('');
}

describe('the dashboard', () => {
  test('shows the alarms and every metric of the functions', () => {
    const body = dashboardOf(made);
    const { widgets } = z
      .object({ widgets: z.array(z.object({ type: z.string() }).loose()) })
      .parse(JSON.parse(body));
    expect(widgets.filter(({ type }) => type === 'alarm')).toHaveLength(1);
    for (const name of Object.keys(metricTable)) {
      expect(body).toMatch(new RegExp(`"${metricNamespace}","${name}"|MetricName=\\\\"${name}\\\\"`));
    }
  });

  test('is of the stage that is deployed', () => {
    const body = dashboardOf(synthesize({ region: 'us-east-1', stage: 'dev' }));
    expect(body).toContain('"Stage","dev"');
    expect(body).not.toContain('prod');
  });
});

test('without monitoring there is no alarm, no dashboard, no key for them, and no function measures', () => {
  const bare = synthesize({ region: 'us-east-1', monitoring: 'none' });
  bare.template.resourceCountIs('AWS::CloudWatch::Alarm', 0);
  bare.template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  expect(ofType(bare, 'AWS::KMS::Key').filter(([id]) => id.startsWith('Alarms'))).toEqual([]);
  expect(bare.text).not.toContain('KEYRING_METRICS_STAGE');
  expect(bare.text).not.toContain('cloudwatch.amazonaws.com');
});
